"""
How fast it is, beside others and beside what its parts can do: `make bench`.  Not tests; docs/benchmarks.md
tells how to read the figures.
"""

"""Whole networks of whole nodes through days of faults, by one seed: `python -m tests.simulation --help`."""

"""
Where the process of a command begins: `bitdust`, or `python -m bitdust.cli`.
"""

from __future__ import annotations

import gc
import sys


def run() -> int:
    """Load the command line and run it.  @return: the exit code."""
    # Nothing that is loaded becomes garbage: looking for it costs a tenth of a short command's time.
    gc.disable()
    from bitdust.cli.main import main

    gc.freeze()
    gc.enable()
    return main()


if __name__ == "__main__":
    sys.exit(run())

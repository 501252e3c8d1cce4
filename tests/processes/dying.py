"""
A real node that kills itself, with SIGKILL, at one spot of its program, or breaks there:

    python dying.py MODULE:NAME:NTH:WHEN --home DIR ...

at the NTH call of NAME (`function` or `Class.method`, as MODULE calls it), `before` or `after` it;
`broken`: the call raises.
"""

from __future__ import annotations

import importlib
import inspect
import os
import signal
import sys
from typing import Any


def main() -> int:
    module, name, nth, when = sys.argv.pop(1).split(":")
    holder: Any = importlib.import_module(module)
    *outer, last = name.split(".")
    for part in outer:
        holder = getattr(holder, part)
    real = holder.__dict__[last]
    calls = 0

    def count() -> int:
        nonlocal calls
        calls += 1
        return calls

    def here(call: int, now: str) -> None:
        if (call, now, when) == (int(nth), "before", "broken"):
            raise ZeroDivisionError("broken by dying.py")
        if (call, now) == (int(nth), when):
            os.kill(os.getpid(), signal.SIGKILL)

    def function(*args: Any, **kwargs: Any) -> Any:
        call = count()
        here(call, "before")
        result = real(*args, **kwargs)
        here(call, "after")
        return result

    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        call = count()
        here(call, "before")
        result = await real(*args, **kwargs)
        here(call, "after")
        return result

    assert callable(real)
    setattr(holder, last, coroutine if inspect.iscoroutinefunction(real) else function)
    from bitdust.daemon.run import main as run

    return run()


if __name__ == "__main__":
    from bitdust.daemon.run import leave

    leave(main())

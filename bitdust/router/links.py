"""
The links to one peer: one in use, and now and then a second that is on its way out.

Two nodes that dial each other at the same moment get two links.  Both ends choose the same one: what goes
straight before what goes over a relay, then the link that the smaller fingerprint dialled; the other carries
what it has begun, and is closed when idle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from bitdust.errors import BitDustError
from bitdust.transport.interface import ILink, LinkLost

#: links made within so many seconds of each other were dialled at once; later, the newer one is right:
#: its maker had lost the older
AT_ONCE = 15.0
#: seconds a replaced link stays at least, so that the other end has learnt of the better one
LINGER = 10.0
#: seconds after which a link that we dialled and nobody needs is closed
UNUSED = 600.0
#: seconds that a replaced link has for a sign of life
PATIENCE = 10.0
#: most links to one peer; beyond, the oldest goes even if it is busy
MOST = 4


@dataclass(eq=False)
class _Held:
    link: ILink
    since: float
    rtt: float | None = None
    #: it is to show that it lives, and has not yet
    asked: bool = False


class Links:
    """
    @param ours_first: we have the smaller fingerprint.
    @param up: called when the first link is there.
    @param down: called, with the seconds since `up`, when the last is gone.
    @param needed: is the link used, or to be kept?
    @param chosen: called when another link is in use from now on, or none.
    """

    def __init__(
        self,
        clock: IReactorTime,
        ours_first: bool,
        up: Callable[[], None],
        down: Callable[[float], None],
        needed: Callable[[], bool],
        chosen: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._chosen = chosen
        self._needed = needed
        self._ours_first = ours_first
        self._up = up
        self._down = down
        self._best: _Held | None = None
        self._replaced: list[_Held] = []
        self._up_since = 0.0
        self._tidying: IDelayedCall | None = None

    def best(self) -> ILink | None:
        """The link to begin new exchanges on."""
        return self._best.link if self._best is not None else None

    def since(self) -> float:
        """When the present link was made, by the clock; 0 without one."""
        return self._best.since if self._best is not None else 0.0

    def rtt(self) -> float | None:
        """Seconds to the peer and back, as last measured on the present link."""
        return self._best.rtt if self._best is not None else None

    def measured(self, link: ILink, seconds: float) -> None:
        """An exchange on this link took so long."""
        if self._best is not None and self._best.link is link:
            self._best.rtt = seconds

    def add(self, link: ILink) -> None:
        """A new link, dialled by us or by the peer."""
        new = _Held(link, self._clock.seconds())
        if self._best is None:
            self._best, self._up_since = new, new.since
            self._watch(new)
            if self._best is new:
                self._tidy_later()
                self._up()
                self._chosen()
            return
        if self._is_better(new, self._best):
            late = new.since - self._best.since > AT_ONCE
            new, self._best = self._best, new
            self._watch(self._best)
            self._replaced.append(new)
            if late and new in self._replaced:
                # What its maker has lost is dead here, too, and holds what came over it in the middle.
                self._check([new], PATIENCE)
        else:
            self._replaced.append(new)
            self._watch(new)
        if 1 + len(self._replaced) > MOST:
            self._replaced[0].link.close("too many links")
        self._tidy_later()
        self._chosen()

    def check(self, patience: float) -> None:
        """Drop those that give no sign of life within so many seconds."""
        self._check(self._all(), patience)

    def _check(self, which: Sequence[_Held], patience: float) -> None:
        def answered(seconds: float, held: _Held) -> None:
            held.rtt = seconds

        def silent(why: Failure, held: _Held) -> None:
            # Where too many questions are under way, others find out.
            if isinstance(why.value, TimeoutError | LinkLost):
                self.drop(held.link)
            elif not isinstance(why.value, BitDustError):
                why.raiseException()

        def over(result: object, held: _Held) -> object:
            held.asked = False
            return result

        for held in [each for each in which if not each.asked]:
            held.asked = True
            ping = held.link.ping().addTimeout(patience, self._clock).addBoth(over, held)
            ping.addCallbacks(answered, silent, callbackArgs=(held,), errbackArgs=(held,))

    def drop(self, link: ILink) -> None:
        """It turned out to be dead."""
        for held in self._all():
            if held.link is link:
                self._gone(held)
        link.close("dead")

    def close(self, why: str) -> None:
        """End them all."""
        for held in self._all():
            held.link.close(why)
            self._gone(held)

    def _is_better(self, new: _Held, old: _Held) -> bool:
        if new.since - old.since > AT_ONCE:
            return True
        if new.link.direct != old.link.direct:
            return bool(new.link.direct)
        if new.link.dialed == old.link.dialed:
            return True
        return bool(new.link.dialed) == self._ours_first

    def _is_superfluous(self, held: _Held) -> bool:
        # The peer may need it, for all we know: then he dials, and what he dialled is his to close.
        return bool(held.link.dialed) and held.link.is_idle() and not self._needed()

    def _all(self) -> list[_Held]:
        return [*self._replaced, *([self._best] if self._best is not None else [])]

    def _watch(self, held: _Held) -> None:
        def measured(seconds: float) -> None:
            held.rtt = seconds

        def unmeasured(why: Failure) -> Failure | None:
            # The link may end first.
            return None if isinstance(why.value, BitDustError) else why

        held.link.closed().addCallback(lambda _: self._gone(held))
        held.link.ping().addCallbacks(measured, unmeasured)

    def _gone(self, held: _Held) -> None:
        if held in self._replaced:
            self._replaced.remove(held)
        elif held is self._best:
            # The latest, and a straight one if there is one: `max` takes the first of equals.
            self._best = max(reversed(self._replaced), key=lambda each: bool(each.link.direct), default=None)
            if self._best is None:
                self._down(self._clock.seconds() - self._up_since)
            else:
                self._replaced.remove(self._best)
            self._chosen()
        if self._best is None and self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None

    def _tidy_later(self) -> None:
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        if self._replaced:
            self._tidying = self._clock.callLater(LINGER, self._tidy)
        elif self._best is not None and self._best.link.dialed:
            self._tidying = self._clock.callLater(UNUSED, self._tidy)

    def _tidy(self) -> None:
        self._tidying = None
        now = self._clock.seconds()
        for held in tuple(self._replaced):
            if now - held.since >= LINGER and held.link.is_idle():
                held.link.close("replaced by another link")
        best = self._best
        if best is not None and now - best.since >= UNUSED and self._is_superfluous(best):
            best.link.close("not needed now")
        self._tidy_later()

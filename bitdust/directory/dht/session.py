"""
One place in the DHT: keeping small signed items there, and gathering under a hash (BEP 44 and BEP 5).

Whatever comes from the network is bounded and only handed on: who asks decides what of it he believes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import libtorrent
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from bitdust.directory.dht.alerts import MOST_WAITING, Alerts, IReactor
from bitdust.directory.dht.remembered import Place, places_in, together
from bitdust.errors import Offline, Timeout, Usage
from bitdust.events import Signal
from bitdust.world import InThread

#: bytes of an item at most (BEP 44), with its length before it; what is larger is no item
MAX_ITEM = 996
#: answers to one question that are kept
MAX_ANSWERS = 16
#: seconds for a look-up, and for bringing an item out
WITHIN = 20.0
#: seconds without a further answer after which a gathering is told, and without any
QUIET, SILENT = 1.0, 4.0
#: addresses of one gathering that are kept
MAX_PLACES = 400
#: bytes of the state that is kept on disk: some hundred nodes
MAX_STATE = 64 * 1024
#: where the way into the public network is asked for; several, so that none decides whom we meet
PUBLIC = (
    "router.bittorrent.com:6881",
    "dht.libtorrent.org:25401",
    "dht.transmissionbt.com:6881",
    "router.utorrent.com:6881",
)

Key = tuple[str, bytes]


@dataclass(frozen=True)
class Situation:
    """
    Where the session listens, and into which network it goes.

    @param nodes: `host:port` of nodes of it; none: those by which one comes into the public one.
    @param private: a network of its own, also of many nodes with one address.
    """

    host: str
    port: int
    nodes: tuple[str, ...] = ()
    private: bool = False

    def settings(self) -> dict[str, object]:
        """The same as libtorrent says it: a session that is in the DHT and does nothing else."""
        category = libtorrent.alert.category_t
        found: dict[str, object] = {
            "listen_interfaces": f"[{self.host}]:{self.port}"
            if ":" in self.host
            else f"{self.host}:{self.port}",
            # Who is asked as a bootstrap node is never taken for one that keeps anything.
            "dht_bootstrap_nodes": "" if self.nodes or self.private else ",".join(PUBLIC),
            "alert_mask": category.dht_notification
            | category.dht_operation_notification
            | category.error_notification
            | category.status_notification,
            "alert_queue_size": MOST_WAITING,
            "user_agent": "bitdust",
            "enable_dht": False,
            # No files are shared: nothing but the DHT's datagrams is taken or sent.
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "enable_incoming_tcp": False,
            "enable_outgoing_tcp": False,
            "enable_incoming_utp": False,
            "enable_outgoing_utp": False,
        }
        if self.private:
            found |= {
                "dht_restrict_routing_ips": False,
                "dht_restrict_search_ips": False,
                "dht_enforce_node_id": False,
                "dht_prefer_verified_node_ids": False,
                "dht_ignore_dark_internet": False,
                # The few there are ask each other often.
                "dht_block_ratelimit": 1000,
            }
        return found


class _Asked:
    """A question under way: what came of it so far."""

    def __init__(self, timer: IDelayedCall) -> None:
        self.timer = timer
        self.answers: list[bytes] = []
        self.places: dict[Place, None] = {}
        self.numbers: list[int] = []
        self.is_complete = False
        self.over: Signal[[]] = Signal()


class Dht:
    """
    @param in_thread: making a session and ending it takes a moment.
    """

    _log = Logger()

    def __init__(self, reactor: IReactor, in_thread: InThread, situation: Situation) -> None:
        self._reactor = reactor
        self._in_thread = in_thread
        self._situation = situation
        self._sessions: list[libtorrent.session] = []
        self._alerts: Alerts | None = None
        self._asked: dict[Key, _Asked] = {}
        #: what was remembered last
        self._state = b""
        self._names = [metric.name for metric in libtorrent.session_stats_metrics()]
        #: where it listens; 0 before that is known
        self.port = 0

    async def start(self, state: bytes = b"") -> None:
        """
        Come into the network.

        @param state: what `remember` or `stop` answered the last time.
        """
        nodes = _places(self._situation.nodes)
        self._state = state[:MAX_STATE]
        self._sessions.append(await self._in_thread(_begin, self._situation.settings(), self._state))
        self._alerts = Alerts(self._reactor, self._sessions, self._heard)
        self.know(nodes)

    def know(self, nodes: Sequence[Place]) -> None:
        """
        These are in the network, too: they are called, and known from then on if they answer.

        @raise Offline
        """
        for node in nodes:
            self._session.add_dht_node(node)

    async def remember(self) -> bytes:
        """
        What is to be remembered for the next time; who was known before is in it, too.

        Where nobody is known now, those are called once more: perhaps the line was dead until now.

        @raise Offline
        """
        self._check_in()
        now = await self._in_thread(_state, self._sessions)
        self._state = together(now, self._state)
        if self._alerts is not None and not places_in(now):
            self.know(places_in(self._state))
        return self._state

    async def stop(self) -> bytes:
        """Leave it; no thread of libtorrent runs afterwards.  What is to be remembered: see `remember`."""
        if self._alerts is None:
            return b""
        alerts, self._alerts = self._alerts, None
        alerts.mute()
        for key in [*self._asked]:
            self._end(key)
        self._state = together(await self._in_thread(_leave, self._sessions), self._state)
        alerts.close()
        return self._state

    async def put(self, secret: bytes, public: bytes, salt: bytes, item: bytes) -> int:
        """
        Have the nodes near its hash keep the item for two hours, in place of the one before.

        @param secret: the expanded Ed25519 key, 64 bytes.
        @return: how many took it; 0: nobody.
        @raise Timeout, Offline
        """
        if len(item) > MAX_ITEM:
            raise ValueError(f"an item has at most {MAX_ITEM} bytes")
        session = self._session
        asked = await self._ask(
            ("put", public + salt), lambda: session.dht_put_mutable_item(secret, public, item, salt)
        )
        if not asked.is_complete:
            raise Timeout(f"the DHT did not take an item within {WITHIN:g} seconds")
        return asked.numbers[0]

    async def get(self, public: bytes, salt: bytes) -> list[bytes]:
        """
        What is kept under the key, in all versions that were shown, at most 16; not verified.

        @raise Timeout, Offline
        """
        session = self._session
        asked = await self._ask(("get", public + salt), lambda: session.dht_get_mutable_item(public, salt))
        if not asked.is_complete and not asked.answers:
            raise Timeout(f"the DHT did not answer within {WITHIN:g} seconds")
        return asked.answers

    def gather(self, topic: bytes, port: int) -> None:
        """
        Be found under the topic (20 bytes) for the next half hour, with this port.

        @raise Offline
        """
        self._session.dht_announce(libtorrent.sha1_hash(topic), port)

    async def gathered(self, topic: bytes) -> list[Place]:
        """
        Who says that he is to be found under the topic, as far as is told until no more come.

        @raise Offline
        """
        session = self._session
        asked = await self._ask(
            ("peers", topic), lambda: session.dht_get_peers(libtorrent.sha1_hash(topic)), SILENT
        )
        return list(asked.places)

    async def figures(self) -> dict[str, int]:
        """
        What libtorrent has counted: `dht_nodes`, `dht_bytes_in`, `dht_bytes_out`, `dht_messages_out`, …

        @raise Timeout, Offline
        """
        asked = await self._ask(("figures", b""), self._session.post_session_stats)
        if not asked.is_complete:
            raise Timeout("libtorrent did not tell its figures")
        named = zip(self._names, asked.numbers, strict=False)
        return {name[4:]: number for name, number in named if name.startswith("dht.")}

    @property
    def _session(self) -> libtorrent.session:
        self._check_in()
        return self._sessions[0]

    def _check_in(self) -> None:
        if self._alerts is None:
            raise Offline(
                "this node is not in the DHT", hint="`bitdust config set services/entangled-dht/enabled true`"
            )

    async def _ask(self, key: Key, begin: Callable[[], None], within: float = WITHIN) -> _Asked:
        """Ask, or wait with those who ask the same already."""
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = _Asked(self._reactor.callLater(within, self._end, key))
            begin()
        await asked.over.next()
        return asked

    def _end(self, key: Key) -> None:
        asked = self._asked.pop(key)
        if asked.timer.active():
            asked.timer.cancel()
        asked.over()

    def _complete(self, key: Key, numbers: Sequence[int] = ()) -> None:
        if key in self._asked:
            self._asked[key].numbers = [*numbers]
            self._asked[key].is_complete = True
            self._end(key)

    # what libtorrent tells

    def _heard(self, alert: libtorrent.alert) -> None:
        if isinstance(alert, libtorrent.dht_mutable_item_alert):
            self._item(alert)
        elif isinstance(alert, libtorrent.dht_put_alert):
            self._complete(("put", bytes(alert.public_key) + bytes(alert.salt)), [alert.num_success])
        elif isinstance(alert, libtorrent.dht_get_peers_reply_alert):
            self._places(alert)
        elif isinstance(alert, libtorrent.session_stats_alert):
            counted: Mapping[str, int] = alert.values
            self._complete(("figures", b""), [int(counted.get(name, 0)) for name in self._names])
        elif isinstance(alert, libtorrent.listen_succeeded_alert):
            self.port = alert.port
        elif isinstance(alert, libtorrent.listen_failed_alert | libtorrent.alerts_dropped_alert):
            self._log.warn("the DHT: {what}", what=alert.message())

    def _item(self, alert: libtorrent.dht_mutable_item_alert) -> None:
        key = ("get", bytes(alert.key) + bytes(alert.salt))
        asked = self._asked.get(key)
        if asked is None:
            return
        item = alert.item
        if isinstance(item, bytes) and 0 < len(item) <= MAX_ITEM and item not in asked.answers:
            del asked.answers[: -MAX_ANSWERS + 1]
            asked.answers.append(item)
        if alert.authoritative:
            self._complete(key)

    def _places(self, alert: libtorrent.dht_get_peers_reply_alert) -> None:
        key = ("peers", alert.info_hash.to_bytes())
        asked = self._asked.get(key)
        if asked is None:
            return
        asked.places.update(dict.fromkeys(alert.peers()[:MAX_PLACES]))
        if len(asked.places) >= MAX_PLACES:
            self._end(key)
        elif asked.places:
            asked.timer.reset(QUIET)


def _places(texts: Sequence[str]) -> list[Place]:
    """@raise Usage: one is not of the form host:port."""
    found = []
    for text in texts:
        host, _, port = text.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise Usage(f"{text[:80]!r} is no node of the DHT", hint="write it as host:port")
        found.append((host.strip("[]"), int(port)))
    return found


def _begin(settings: dict[str, object], state: bytes) -> libtorrent.session:
    parameters = libtorrent.session_params()
    if state:
        try:
            parameters = libtorrent.read_session_params(state, libtorrent.save_state_flags_t.save_dht_state)
        except RuntimeError:
            # What was written by another version of it: we come in by the known nodes.
            parameters = libtorrent.session_params()
    parameters.settings = cast(Any, settings)
    session = libtorrent.session(parameters)
    # Only now: a DHT that is begun with the session does not look at the state (libtorrent 2.1.1).
    session.apply_settings({"enable_dht": True})
    return session


def _state(sessions: list[libtorrent.session]) -> bytes:
    kept = libtorrent.save_state_flags_t.save_dht_state
    state: bytes = libtorrent.write_session_params_buf(sessions[0].session_state(kept), kept)
    return state


def _leave(sessions: list[libtorrent.session]) -> bytes:
    state = _state(sessions)
    # The list has the only reference: with it the session ends, and its threads.
    sessions.clear()
    return state

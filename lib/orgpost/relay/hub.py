"""Who is connected, what each wants to hear, and telling them. All of it on the loop, none waits.

A connection is in every table or in none: `join` puts it in, and whoever it takes over is out of
all of them before; `leave` takes out that object only, whenever it comes.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from orgpost.relay.boxes import PRESENCE
from orgpost.relay.history import History, Recovery
from orgpost.relay.outbox import Hint
from orgpost.relay.presence import Presence
from orgpost.relay.protocol import TAKEN_OVER, encode, on_the_wire
from orgpost.relay.rate import Bucket, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orgpost.clock import Clock
    from orgpost.relay.connection import Connection
    from orgpost.relay.metrics import Metrics
    from orgpost.relay.options import Options
    from orgpost.relay.presence import Word
    from orgpost.relay.tokens import Grant
    from orgpost.watching.change import News

_EPOCH_BITS: Final = 80
_HANDED_KEPT: Final = 4096
_SHARED: Final = 2


class Full(Exception):
    """No more connections: of this actor, or in all."""


class Hub:
    """All connections of one relay."""

    def __init__(self, options: Options, clock: Clock, metrics: Metrics) -> None:
        self._options, self._clock, self._metrics = options, clock, metrics
        self._pace = Pace(options.rate, options.burst)
        self._connections: dict[Connection, None] = {}
        self._by_actor: dict[str, dict[str, Connection]] = {}
        self._shared: dict[str, Bucket] = {}
        self._listeners: dict[str, dict[Connection, None]] = {}
        self.history = History(lambda: clock.token(_EPOCH_BITS), most=options.history)
        self.presence = Presence()
        # How many of a recipient's connections were handed the hint of a message, lately.
        self._handed: OrderedDict[str, int] = OrderedDict()
        self.handed_out: Callable[[str, str], None] = lambda _actor, _id: None

    # -- who is there --------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._connections))

    def connections_of(self, actor: str) -> int:
        """Count the connections of an actor."""
        return len(self._by_actor.get(actor, ()))

    def actors(self) -> int:
        """Count who is connected."""
        return len(self._by_actor)

    def subscriptions(self) -> int:
        """Count what they want to hear."""
        return sum(map(len, self._listeners.values()))

    def join(self, connection: Connection, grant: Grant, client: str) -> None:
        """Let a connection in; one of the same name has to go. `Full` where there is no room."""
        own = self._by_actor.get(grant.actor, {})
        before = own.get(client)
        is_more = before is None
        if is_more and len(own) >= self._options.max_per_actor:
            raise Full
        if is_more and len(self._connections) >= self._options.max_connections:
            raise Full
        now = self._clock.monotonic()
        shared = self._shared.get(grant.actor) or Bucket(self._pace.times(_SHARED), now)
        connection.log_in(grant, client, self._pace, shared, now)
        connection.next_ping = now + self._options.heartbeat
        # First in, then the other out: so nobody is told that the actor left.
        word = self.presence.joined(grant.actor, now, self._clock.now())
        if before is not None:
            self.leave(before)
            before.end(TAKEN_OVER, bye=0.0)
        self._shared[grant.actor] = shared
        self._connections[connection] = None
        self._by_actor.setdefault(grant.actor, {})[client] = connection
        self.tell_presence(word)

    def leave(self, connection: Connection) -> None:
        """Take a connection out of all tables; of one that is in none, nothing is left."""
        if connection not in self._connections:
            return
        del self._connections[connection]
        own = self._by_actor.get(connection.actor, {})
        if own.get(connection.client) is connection:
            del own[connection.client]
        if not own:
            self._by_actor.pop(connection.actor, None)
            self._shared.pop(connection.actor, None)
        for box in tuple(connection.boxes):
            self.unsubscribe(connection, box)
        self.presence.left(connection.actor, self._clock.monotonic())

    # -- what they hear ------------------------------------------------------------------------

    def subscribe(
        self, connection: Connection, box: str, epoch: object, offset: object
    ) -> Recovery:
        """Let a connection hear a box from a point on; gives what it missed."""
        recovery = self.history.recover(box, epoch, offset)
        self._listeners.setdefault(box, {})[connection] = None
        connection.boxes.add(box)
        # What waits of this box is older than what is answered now.
        connection.outbox.forget(box)
        self._metrics.count("recoveries", str(recovery.recovered).lower())
        return recovery

    def unsubscribe(self, connection: Connection, box: str) -> None:
        """Let a connection hear a box no more."""
        connection.boxes.discard(box)
        connection.outbox.forget(box)
        listeners = self._listeners.get(box, {})
        listeners.pop(connection, None)
        if not listeners:
            self._listeners.pop(box, None)

    # -- telling them --------------------------------------------------------------------------

    def publish(self, news: News) -> None:
        """Tell what happened in a box to all who want to hear it."""
        if news.reset:
            hint = Hint(news.box, self.history.reset(news.box), (), reset=True)
        else:
            counted = self.history.add(news.box, (change.to_dict() for change in news.changes))
            hint = Hint.of(news.box, counted.point, counted.changes)
        listeners = self._listeners.get(news.box)
        if listeners:
            self._fan_out(hint, news, tuple(listeners))
        self._note_handed(news, tuple(listeners or ()))

    def _fan_out(self, hint: Hint, news: News, listeners: Iterable[Connection]) -> None:
        wire, number = hint.wire(), 0
        for connection in listeners:
            number += 1
            if connection.translator is None:
                connection.outbox.push_hint(hint, wire)
            else:
                connection.translator.news(news)
        self._metrics.count("hints", by=number)

    def _note_handed(self, news: News, listeners: Iterable[Connection]) -> None:
        kind, _, actor = news.box.partition("/")
        if kind != "inbox":
            return
        number = sum(connection.actor == actor for connection in listeners)
        for change in news.changes:
            if change.kind == "new":
                self._handed[change.id] = number
                if number:
                    self.handed_out(actor, change.id)
        while len(self._handed) > _HANDED_KEPT:
            self._handed.popitem(last=False)

    def handed(self, id: str) -> int:
        """Say how many of its recipient's connections were handed the hint of a message."""
        return self._handed.get(id, 0)

    def tell_presence(self, word: Word | None) -> None:
        """Tell of an actor's presence to all who want to hear it."""
        listeners = self._listeners.get(PRESENCE)
        if word is None or not listeners:
            return
        at = f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ}"
        wire = on_the_wire(encode("presence", **word._asdict(), at=at))
        key = ("presence", word.actor)
        for connection in tuple(listeners):
            if connection.translator is None:
                connection.outbox.push(wire, key)
            else:
                connection.translator.word(word)

    def who(self) -> list[dict[str, Any]]:
        """Give who is there, as the wire has it."""
        return [
            {**here._asdict(), "since": f"{here.since:%Y-%m-%dT%H:%M:%SZ}"}
            for here in self.presence.here()
        ]

"""What every part of the relay works with; wired once, in `orgpost.relay.server`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgpost.relay.boxes import Box
from orgpost.relay.notes import Notes

if TYPE_CHECKING:
    from orgpost.clock import Clock
    from orgpost.message_store import Sent
    from orgpost.relay.connection import Connection
    from orgpost.relay.feed import Feed
    from orgpost.relay.guard import Guard
    from orgpost.relay.hub import Hub
    from orgpost.relay.metrics import Metrics
    from orgpost.relay.office import Office
    from orgpost.relay.options import Options
    from orgpost.relay.protocol import Close
    from orgpost.watching.change import Round

_MOST_SHOWN: Final = 3


class Desk:
    """The relay's parts, and what takes more than one of them."""

    def __init__(
        self, options: Options, office: Office, guard: Guard, hub: Hub, metrics: Metrics
    ) -> None:
        self.options, self.office, self.guard = options, office, guard
        self.hub, self.metrics = hub, metrics
        self.clock: Final[Clock] = office.clock
        self.notes = Notes(office.space, office.clock)
        self.feed: Feed
        self.is_draining = False
        # Files in which something that was acknowledged waits for an editor.
        self.waiting: set[str] = set()
        self.troubles: tuple[tuple[str, str], ...] = ()
        hub.handed_out = self.notes.told

    def take(self, found: Round, moment: float) -> None:
        """Tell what a look at the files found."""
        for news in found.news:
            self.metrics.count("rescans", "reset" if news.reset else "changes")
            self.hub.publish(news)
        if found.news:
            seconds = self.clock.monotonic() - moment
            self.metrics.histograms["hint_delay_seconds"].observe(seconds)
        self.troubles = found.troubles

    async def tell_of(self, sent: Sent) -> int:
        """See to it that a message's hint is out; gives how many of its recipient's had it."""
        box = Box("inbox", sent.message.to)
        if sent.message.stored == "waiting":
            self.waiting.add(str(box.path))
        if self.feed.is_followed(box) and not sent.duplicate:
            await self.feed.look(str(box.path))
        return self.hub.handed(sent.message.id)

    def dismiss(self, connection: Connection, close: Close) -> None:
        """Close a connection that shall hear nothing more from now on."""
        self.hub.leave(connection)
        connection.end(close)

    def trouble(self) -> list[str]:
        """Say what is wrong, for those who look after the relay; no name is in it."""
        found = []
        if self.guard.trouble:
            found.append("contacts cannot be read")
        if self.feed.is_broken:
            found.append("nothing is watched any more")
        if self.options.watch != "poll" and self.feed.mode == "poll":
            found.append(f"watching by polling: {self.feed.why}")
        if self.troubles:
            found.append(f"{len(self.troubles)} files cannot be read")
        return found

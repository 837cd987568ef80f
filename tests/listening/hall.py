"""A space with people and an agent, whose clock stands still, and signs that a test gives."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from orgpost import settings_file
from orgpost.clock import FakeClock
from orgpost.listening.waiter import Waiter, Wanted
from orgpost.post import Post
from orgpost.watching.file_watch import Moved

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path

CONTACTS: Final = """\
actors:
  - {id: tex, kind: person, trust_tier: owner}
  - {id: crt, kind: person, trust_tier: team}
  - {id: mira, kind: person}
  - {id: bot, kind: agent, owner: tex, trust_tier: team}
  - {id: peer, kind: agent, owner: tex, trust_tier: team}
  - {id: h-lint, kind: helper, owner: bot, trust_tier: team}
"""
EVERYTHING: Final = Moved(everything=True)


class Script:
    """Signs that come one after the other: what a test does while somebody waits, then nothing."""

    via = "files"

    def __init__(self, clock: FakeClock, *steps: Callable[[], object]) -> None:
        self._clock, self._steps = clock, list(steps)
        self.asked: list[float] = []

    def next(self, seconds: float) -> Moved | None:
        """Do the next step, a second later; without one, let the time pass."""
        self.asked.append(seconds)
        if not self._steps:
            self._clock.advance(seconds)
            return None
        self._clock.advance(min(1, seconds))
        found = self._steps.pop(0)()
        return found if isinstance(found, Moved) else EVERYTHING

    def close(self) -> None:
        """Nothing is open."""


class Hall:
    """One space, and short words for what happens in it."""

    def __init__(self, space: Path) -> None:
        (space / "org/messaging/inbox").mkdir(parents=True)
        self.contacts = space / "org/messaging/contacts.yaml"
        self.contacts.write_text(CONTACTS)
        (space / "settings.local.yaml").write_text("store: {sync: off}\n")
        (space / "settings.local.yaml").chmod(0o600)
        self.space, self.clock = space, FakeClock()
        self.post = self.open()
        self.script = Script(self.clock)

    def open(self, me: str | None = None) -> Post:
        """Open the space, as a new process would."""
        return Post(self.space, settings_file.load(self.space, {}), me=me, clock=self.clock)

    def send(self, to: str, body: str = "The body.", sender: str = "crt", **more: Any) -> str:
        """Send a message; its id."""
        return self.post.messages.create_message(sender, to, body, **more).id

    def task(self, title: str = "Look at it", sender: str = "tex", **more: Any) -> str:
        """Give the agent a task; its id."""
        return self.open(me=sender).inbox("bot").create_task(sender, title, **more).id

    def order(
        self, to: str, sender: str, word: str = "stop", *, via: str = "", age: float = 0
    ) -> str:
        """Write an order into a file, as whoever can write files may do."""
        id = self.send(to, "You heard me.", sender=sender)
        path = self.space / f"org/messaging/inbox/{to}.org"
        text = path.read_text()
        at = text.index(f":ID:       {id}")
        more = f":ORDER:    {word}\n:ORDER_BY: person\n" + (f":VIA:      {via}\n" if via else "")
        path.write_text(text[:at] + text[at:].replace(":TO:", f"{more}:TO:", 1))
        self.clock.advance(age)
        self.rest()
        return id

    def rest(self) -> None:
        """Let what a person wrote be some time ago, so that nobody takes it for a save."""
        for path in (self.space / "org/messaging").rglob("*.org"):
            seconds = self.clock.now().timestamp() - 60
            os.utime(path, (seconds, seconds))

    def wait(
        self, me: str, *steps: Callable[[], object], timeout: timedelta | None = None, **more: Any
    ) -> dict[str, Any]:
        """Wait as somebody, with what happens meanwhile; what came."""
        wanted = Wanted(**more) if timeout is None else Wanted(timeout=timeout, **more)
        self.script = Script(self.clock, *steps)
        return Waiter(self.post, me, self.script, wanted).wait().to_dict()


def ids(entries: list[dict[str, Any]]) -> list[str]:
    """The ids of some heads."""
    return [entry["id"] for entry in entries]

"""`Waiter`: block until there is something for an actor, and give it once.

It looks before it waits, and again when it is woken: mail that was read meanwhile wakes nobody.
What it gives is noted as handed out, with nobody in between.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import OrgpostError
from orgpost.frozen import NamedTuple
from orgpost.listening.handed import Memory
from orgpost.listening.outstanding import (
    ACKS,
    DONES,
    HELD,
    LISTS,
    MESSAGES,
    ORDERS,
    TASKS,
    outstanding,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orgpost.listening.outstanding import Item, Outstanding
    from orgpost.listening.signs import Signs
    from orgpost.post import Post

USUAL_TIMEOUT: Final = timedelta(minutes=30)
MOST_ENTRIES: Final = 20
MOST_BYTES: Final = 8192
_WOKEN_BY: Final = {
    "any": frozenset({ORDERS, DONES, MESSAGES, TASKS}),
    "message": frozenset({ORDERS, DONES, MESSAGES}),
    "task": frozenset({TASKS}),
    "exit": frozenset[str](),
}
# What comes with the next return, whatever somebody waits for.
_ALONG: Final = frozenset({HELD, ACKS})
_SET_SECONDS: Final = 0.2
# What comes true by the clock moves no file: a task's time, a lease, a message's end.
_TASK_TICK_SECONDS: Final = 5.0
_TICK_SECONDS: Final = 30.0


class Wanted(NamedTuple):
    """What somebody waits for, and how it is to be told."""

    kind: str = "any"
    timeout: timedelta = USUAL_TIMEOUT
    again: bool = False
    bodies: bool = False


class Result(NamedTuple):
    """What a wait gave; `more` counts what there was no room for."""

    items: Sequence[Item]
    via: str
    timed_out: bool = False
    reason: str | None = None
    more: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give it as ``--json`` prints it."""
        lists = {name: [i.head for i in self.items if i.where == name] for name in LISTS}
        return {
            "via": self.via,
            "timed_out": self.timed_out,
            "must_exit": self.reason is not None,
            "reason": self.reason,
            "acks": lists.pop(ACKS),
            "dones": lists.pop(DONES),
            "orders": lists.pop(ORDERS),
            **lists,
            "more": self.more,
        }


class Waiter:
    """Waits for one actor."""

    def __init__(self, post: Post, me: str, signs: Signs, wanted: Wanted) -> None:
        self._post, self._me, self._signs, self._wanted = post, me, signs, wanted
        self._clock = post.clock
        self._memory = Memory(post, me)
        self._lists = _WOKEN_BY[wanted.kind]
        self._tick = _TASK_TICK_SECONDS if TASKS in self._lists else _TICK_SECONDS

    def wait(self) -> Result:
        """Give what there is, or what comes; nothing when the time is over."""
        deadline = self._clock.monotonic() + self._wanted.timeout.total_seconds()
        result = self._result()
        while result is None:
            left = deadline - self._clock.monotonic()
            if left <= 0:
                return self._take(timed_out=True)
            self._sleep(left)
            if self._look().wakes(self._lists):
                # What comes together is one reason to wake somebody.
                self._clock.sleep(_SET_SECONDS)
                result = self._result()
        return result

    def _result(self) -> Result | None:
        """Look again, and take what is there: somebody may have read it, or have been faster."""
        if not self._look().wakes(self._lists):
            return None
        taken = self._take(timed_out=False)
        return taken if taken.items or taken.reason is not None else None

    def _sleep(self, seconds: float) -> None:
        """Wait until something moves that may be for us, or it is time to look anyway."""
        end = self._clock.monotonic() + min(seconds, self._tick)
        while (left := end - self._clock.monotonic()) > 0:
            moved = self._signs.next(left)
            if moved is not None and (moved.everything or any(map(self._is_ours, moved.paths))):
                return

    def _is_ours(self, path: str) -> bool:
        # A task waits for tasks of others, too.
        is_work = TASKS in self._lists and path.startswith("agents/")
        return is_work or path in {f"inbox/{self._me}.org", "contacts.yaml", "helpers.org"}

    def _look(self) -> Outstanding:
        handed = self._memory.read()
        self._settle()
        found = outstanding(self._post, self._me, handed.obeyed)
        return found if self._wanted.again else found.new_to(handed)

    def _settle(self) -> None:
        # As `inbox` does: what expired comes back. That it cannot is no reason not to wait.
        try:
            self._post.messages.settle(self._me)
        except OrgpostError:
            return

    def _take(self, *, timed_out: bool) -> Result:
        with self._memory.changing() as handed:
            everything = outstanding(
                self._post, self._me, handed.obeyed, bodies=self._wanted.bodies, acks=True
            )
            found = everything if self._wanted.again else everything.new_to(handed)
            lists = self._lists | _ALONG | ({ORDERS} if found.reason else set())
            wanted = [each for each in found.items if each.where in lists]
            items = list(_as_many_as_fit(wanted))
            handed.forget(but=(each.key for each in everything.items))
            handed.told |= {each.key for each in items}
            handed.obeyed |= {each.key for each in items if each.head.get("obeyed")}
        is_over = timed_out and not found.wakes(self._lists)
        return Result(items, self._signs.via, is_over, found.reason, len(wanted) - len(items))


def _as_many_as_fit(items: Iterable[Item]) -> Iterable[Item]:
    """Give the first ones, up to a number and a size; bodies were asked for and do not count."""
    room = MOST_BYTES
    for number, item in enumerate(items):
        plain = {name: value for name, value in item.head.items() if name != "body"}
        room -= len(json.dumps(plain)) + 2
        if number >= MOST_ENTRIES or room < 0:
            return
        yield item

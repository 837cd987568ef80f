"""What people and programs do with a store, step by step, each with what it must come to.

A step has an act, on the store or by a person, and the same change on a model that is nothing but
the entries of each file.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from orgpost.errors import DiskFailed
from orgpost.org import scan
from orgpost.store.files import FileStore
from orgpost.store.memory_disk import SPACE
from orgpost.store.page import Move, Outcome, Page
from orgpost.store.person import RENAME, TRUNCATE, Person
from tests.store.stages import ARCHIVE, INBOX, entry, marking, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.clock import FakeClock
    from orgpost.org.syntax import FileKind
    from orgpost.store.memory import MemoryCalls

Model = dict[str, tuple[bytes, ...]]
PATHS = (INBOX, ARCHIVE)


class Play:
    """The processes of one run."""

    def __init__(self, start: Callable[[], MemoryCalls], clock: FakeClock) -> None:
        self._start, self.clock = start, clock
        self.person = Person(SPACE, start())
        self.next_process()

    def next_process(self) -> None:
        """Go on in another process."""
        self.calls = self._start()
        known = partial(FileStore, SPACE, self.clock, lock_seconds=2.0)
        self.store = known(calls=self.calls, apply=apply)


class Step(NamedTuple):
    """One thing that is done, and what it changes."""

    words: str
    act: Callable[[Play], object]
    change: Callable[[Model], Model]
    by_person: bool = False
    attempt: Callable[[Model], Model] | None = None

    def in_between(self, model: Model) -> list[Model]:
        """Give all that may be found where the step was begun and never came back."""
        new = (self.attempt or self.change)(model)
        # A move is in its target before it leaves its source, never the other way round.
        return [model, model | {ARCHIVE: new[ARCHIVE]}, new]


@dataclass(frozen=True)
class Scenario:
    """What is there before, and what is done then."""

    words: str
    steps: tuple[Step, ...]
    given: tuple[Step, ...] = ()

    def models(self) -> list[Model]:
        """Give the model before the steps, and after each of them."""
        model: Model = dict.fromkeys(PATHS, ())
        for step in self.given:
            model = step.change(model)
        models = [model]
        for step in self.steps:
            models.append(step.change(models[-1]))
        return models


# --- steps --------------------------------------------------------------------------------------


def text_of(number: int, size: int = 60) -> bytes:
    """The bytes of the entry of that number; no two are alike at any place that matters."""
    words = " ".join(f"{number}:{word}" for word in range(size // 4))
    return entry(f"msg-{number}", words)[1]


def _same(model: Model) -> Model:
    return model


def _on(
    path: str, change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]
) -> Callable[..., Model]:
    return lambda model: model | {path: change(model[path])}


def _is(number: int, raw: bytes) -> bool:
    return scan.entry_id(raw, scan.Span(0, len(raw))) == b"msg-%d" % number


def send(*numbers: int, size: int = 60) -> Step:
    """Send these messages at once."""
    texts = tuple(text_of(number, size) for number in numbers)
    named = [(b"msg-%d" % number, text) for number, text in zip(numbers, texts, strict=True)]
    return Step(
        f"send {numbers}",
        lambda play: play.store.append(INBOX, named),
        _on(INBOX, lambda there: there + texts),
    )


def mark(keyword: str, *numbers: int) -> Step:
    """Set the keyword of these messages at once."""

    def decide(page: Page) -> None:
        for number in numbers:
            marking(f"msg-{number}", keyword)(page)

    def change(there: tuple[bytes, ...]) -> tuple[bytes, ...]:
        new = b"* %-8s" % keyword.encode()
        chosen = [any(_is(number, raw) for number in numbers) for raw in there]
        return tuple(new + raw[10:] if hit else raw for hit, raw in zip(chosen, there, strict=True))

    words = f"mark {numbers} {keyword}"
    return Step(words, lambda play: play.store.edit(INBOX, decide), _on(INBOX, change))


def apply(raw: bytes, _: FileKind, keyword: bytes) -> bytes | None:
    """Put an outcome in, which is a keyword for a message that is unread yet."""
    if raw.startswith(b"* " + keyword):
        return raw  # it was put in before
    return raw.replace(b"* UNREAD  ", b"* %-8s" % keyword, 1) if raw[2:8] == b"UNREAD" else None


def report(keyword: str, number: int) -> Step:
    """Report an outcome of a message, which waits where a person has unsaved changes."""
    decide = marking(f"msg-{number}", keyword)
    outcome = Outcome(b"msg-%d" % number, keyword.encode())
    return Step(
        f"report {number} {keyword}",
        lambda play: play.store.edit(INBOX, decide, outcome=outcome),
        mark(keyword, number).change,
    )


def lengthen(number: int, text: str = "one more line") -> Step:
    """Let a message be longer."""
    decide = writing(f"msg-{number}", text)

    def change(there: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return tuple(raw + text.encode() + b"\n" if _is(number, raw) else raw for raw in there)

    return Step(
        f"lengthen {number}", lambda play: play.store.edit(INBOX, decide), _on(INBOX, change)
    )


def archive(*numbers: int) -> Step:
    """Move these messages to the archive."""

    def decide(page: Page) -> list[Move]:
        found = {number: scan.find_id(page.data, b"msg-%d" % number) for number in numbers}
        return [
            Move(span, ARCHIVE, page.data[span.start : span.end], b"msg-%d" % number)
            for number, span in found.items()
            if span is not None
        ]

    def change(model: Model) -> Model:
        gone = tuple(raw for raw in model[INBOX] if any(_is(each, raw) for each in numbers))
        left = tuple(raw for raw in model[INBOX] if raw not in gone)
        return model | {INBOX: left, ARCHIVE: model[ARCHIVE] + gone}

    return Step(f"archive {numbers}", lambda play: play.store.move(INBOX, decide), change)


def confirm() -> Step:
    """Let the journal be emptied."""
    return Step("confirm", lambda play: play.store.confirm(INBOX), _same)


def look() -> Step:
    """Read, which puts things right where it can."""
    return Step("look", lambda play: play.store.view(INBOX), _same)


def wait(seconds: float) -> Step:
    """Let time pass."""
    return Step(f"wait {seconds}", lambda play: play.clock.advance(seconds), _same, by_person=True)


def another_process() -> Step:
    """Go on in another process."""
    return Step("another process", lambda play: play.next_process(), _same, by_person=True)


def person_locks() -> Step:
    """Let a person begin to edit."""
    return Step("lock", lambda play: play.person.lock(INBOX), _same, by_person=True)


def person_unlocks() -> Step:
    """Let a person be done."""
    return Step("unlock", lambda play: play.person.unlock(INBOX), _same, by_person=True)


def person_adds(number: int, how: str = TRUNCATE, *, waiting: int = 0) -> Step:
    """Let a person add an entry to what is in the file, and save; so many more wait behind it."""

    def change(there: tuple[bytes, ...]) -> tuple[bytes, ...]:
        at = len(there) - waiting
        return (*there[:at], text_of(number), *there[at:])

    return Step(
        f"person adds {number}",
        lambda play: play.person.edit(INBOX, lambda data: data + text_of(number), how=how),
        _on(INBOX, change),
        by_person=True,
    )


def person_marks(keyword: str, number: int) -> Step:
    """Let a person set the keyword of a message, and save."""
    step = mark(keyword, number)
    old, new = (b"* %-8s About msg-%d\n" % (word, number) for word in (b"UNREAD", keyword.encode()))
    return Step(
        f"person marks {number} {keyword}",
        lambda play: play.person.edit(INBOX, lambda data: data.replace(old, new)),
        step.change,
        by_person=True,
    )


def fails(step: Step, call: str, nth: int = 1) -> Step:
    """Let the disk fail in the middle: the step is told to have failed, and may be there or not."""

    def act(play: Play) -> None:
        play.calls.fail(errno.EIO, call, nth=nth)
        with suppress(DiskFailed):
            step.act(play)

    return Step(f"{step.words}, where {call} fails", act, _same, attempt=step.change)


# --- scenarios ----------------------------------------------------------------------------------

THREE = (send(1), send(2), send(3))

SCENARIOS = (
    Scenario("first", (send(1), wait(0.1), send(2), wait(0.6), send(3, 4), wait(0.6), look())),
    Scenario(
        "more",
        (send(4), wait(0.1), send(5, 6), wait(0.3), send(7), wait(0.3), send(8), confirm()),
        THREE,
    ),
    Scenario(
        "mark",
        (
            *(mark("READ", 2), wait(0.1), mark("TODO", 2), mark("READ", 1, 2, 3), wait(0.6)),
            *(mark("DONE", 1), send(4), mark("READ", 4), mark("TODO", 4), mark("DONE", 3)),
        ),
        THREE,
    ),
    Scenario(
        "lengthen",
        (
            lengthen(2),
            send(4),
            mark("READ", 4),
            lengthen(1),
            wait(0.1),
            lengthen(4),
            mark("TODO", 1),
        ),
        THREE,
    ),
    Scenario(
        "archive",
        (mark("DONE", 1, 3), archive(1, 3), wait(0.1), send(4), archive(4), wait(0.6), send(5)),
        THREE,
    ),
    Scenario("confirm", (send(4), mark("READ", 1), confirm(), send(5), confirm(), look()), THREE),
    Scenario(
        "fold",
        (
            *(mark("READ", 1), person_locks(), send(4), send(5), look(), wait(0.6), send(6)),
            *(person_adds(9, waiting=3), person_unlocks(), wait(1.0), send(7), mark("READ", 5)),
        ),
        THREE,
    ),
    Scenario(
        "outcomes",
        (
            *(mark("READ", 1), wait(0.6), person_locks(), report("DONE", 2), send(4), look()),
            *(report("TODO", 4), person_adds(9, waiting=1), person_unlocks(), wait(1.0)),
            *(look(), mark("READ", 2), person_locks(), report("READ", 3), person_unlocks()),
            *(wait(0.1), send(5), report("DONE", 5)),
        ),
        THREE,
    ),
    Scenario(
        "overwrite",
        (
            *(send(4), wait(0.6), person_adds(9, RENAME), wait(0.6), send(5), wait(0.6)),
            *(person_adds(10), wait(0.6), mark("READ", 4), confirm()),
        ),
        THREE,
    ),
    Scenario(
        "failing",
        (
            *(send(4), fails(send(5), "fdatasync"), send(6), wait(0.6)),
            *(fails(look(), "fdatasync"), send(7), wait(0.6), mark("READ", 6), confirm()),
        ),
        THREE,
    ),
    Scenario("growth", (send(4), send(5, size=70_000), wait(0.6), mark("READ", 5), send(6)), THREE),
    Scenario(
        "steady",
        (
            *(send(4, size=400), wait(0.4), send(5), wait(0.2), send(6), wait(0.4), send(7)),
            *(wait(0.2), mark("READ", 6), wait(0.4), another_process(), send(8), confirm()),
        ),
        THREE,
    ),
)

"""What a file should show, entry by entry, and what each of them may show instead.

Mostly that is one text.  After a death it is two, and after a save of a person over what programs
wrote in the last seconds, too; the next clean look decides, and then it is one again.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

from orgpost.org import scan
from tests.store.stages import entries_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KEYWORDS: Final = (b"UNREAD  ", b"READ    ", b"REPLIED ")
YOUNG_NS: Final = 10_000_000_000
FRESH_NS: Final = 400_000_000  # certainly not confirmed yet
_order = itertools.count()


def whole(block: bytes) -> bytes:
    """Give a block with its line end: who appends to a file adds one that is missing."""
    return block if block.endswith(b"\n") else block + b"\n"


def id_of(block: bytes) -> bytes | None:
    """Give the id that an entry has."""
    return scan.entry_id(block, scan.Span(0, len(block)))


def keyword(block: bytes) -> bytes:
    """Give the padded keyword of an entry; anything else of one that has none."""
    return block[2:10]


def marked(block: bytes, new: bytes) -> bytes:
    """Give a block with another padded keyword, if it has one."""
    return block[:2] + new + block[10:] if keyword(block) in KEYWORDS and new in KEYWORDS else block


class Ack(NamedTuple):
    """When a program was told that something is safe."""

    wall_ns: int
    epoch: int


class Mark:
    """The keywords that the journal may have for an id; `judged` as for a slot."""

    def __init__(self, keywords: set[bytes], ack: Ack) -> None:
        self.keywords, self.ack, self.judged = keywords, ack, False


class Slot:
    """One entry: all that may stand for it now, None for nothing.

    `later` may stand too once time has passed, `reserve` after a crash or a jump of the clock.
    `ours` is the entry as its journal record may have it, as long as that may be there; `judged`
    says that the next clean look is the last that asks for it.
    """

    def __init__(self, block: bytes, *, sure: bool = True) -> None:
        self.id, self.order = id_of(block), next(_order)
        self.options: set[bytes | None] = {block} if sure else {block, None}
        self.later: set[bytes | None] = set()
        self.reserve: set[bytes | None] = set()
        self.now, self.history = block, {block}
        self.ours = set[bytes]()
        self.sent: Ack | None = None
        self.marked: Ack | None = None
        self.waits, self.judged = False, False

    def is_certain(self) -> bool:
        """Ask whether only one thing may stand here."""
        return self.options == {self.now}

    def becomes(self, block: bytes, *, sure: bool) -> None:
        """Let a program write another text."""
        self.options = {block} if sure else {block, *self.options}
        self.history.add(block)
        self.now = block

    def remember(self) -> None:
        """Know again whatever may stand here."""
        self.history |= {text for text in self.options | self.later | self.reserve if text}

    def __repr__(self) -> str:
        """Show what may stand here."""
        return f"<{self.id!r} {sorted(self.options, key=str)}>"


class Line(NamedTuple):
    """One entry in a person's buffer: as it was read, and as it is now; None is a new one's."""

    slot: Slot | None
    seen: bytes
    block: bytes


class Sheet:
    """The model of one file."""

    def __init__(self, header: bytes) -> None:
        self.header, self.slots = header, list[Slot]()
        self.clean, self.any_order = True, False
        self.epoch = 0
        self.marks: dict[bytes | None, Mark] = {}

    # -- what programs do ------------------------------------------------------------------------

    def send(self, block: bytes, wall_ns: int, *, sure: bool, waits: bool = False) -> None:
        """Add an entry at the end."""
        self._settle()
        slot = Slot(block, sure=sure)
        slot.ours, slot.sent, slot.waits = {block}, Ack(wall_ns, self.epoch), waits
        self.slots.append(slot)

    def mark(self, slot: Slot, new: bytes, wall_ns: int, *, sure: bool) -> None:
        """Set a keyword in place."""
        self._settle()
        slot.becomes(marked(slot.now, new), sure=sure)
        before, known = slot.ours, self.marks.get(slot.id)
        slot.ours = set() if sure and slot.judged else {marked(text, new) for text in before}
        slot.judged = False
        slot.marked = Ack(wall_ns, self.epoch)
        self.marks[slot.id] = Mark({new}, slot.marked)
        if not sure:  # who died may have written nothing
            slot.ours |= before
            self.marks[slot.id].keywords |= known.keywords if known else set()

    def _settle(self) -> None:
        # Who puts a file right confirms it at once: an editor that saves later is obeyed.
        self.epoch += not self.clean

    def rewritten(self, *, sure: bool) -> None:
        """Forget what the journal had: it was confirmed before the file was replaced."""
        self.epoch += 1
        if sure:
            self.marks.clear()
            for slot in self.slots:
                slot.ours, slot.sent, slot.marked = set(), None, None

    def crash(self) -> None:
        """Let nobody know any more what was torn and what was a person's wish."""
        self.clean = False
        self.epoch += 1
        for slot in self.slots:
            slot.options |= slot.later | slot.reserve

    def pass_time(self, *, jump: bool) -> None:
        """Let the wall clock be another."""
        for slot in self.slots:
            slot.options |= slot.later | (slot.reserve if jump else set())
        self.epoch += jump

    def first(self, identity: bytes) -> Slot | None:
        """Find the first entry with an id, where all about it is certain."""
        found = [slot for slot in self.slots if slot.id == identity]
        return found[0] if found and found[0].is_certain() else None

    # -- what a person does ----------------------------------------------------------------------

    def opened(self, data: bytes) -> list[Line]:
        """Say what each entry of a buffer is; a torn one is nobody's to change."""
        free = list(self.slots)
        lines = []
        for raw in entries_of(data):
            block = whole(raw)
            slot = next((each for each in free if block in each.history), None)
            slot = slot or next((each for each in free if each.id and each.id == id_of(raw)), None)
            if slot is not None:
                free.remove(slot)
            lines.append(Line(slot, raw, raw))
        return lines

    def saved(self, lines: Sequence[Line], wall_ns: int) -> None:
        """Let a buffer be the file. What is missing in it comes back if it is young."""
        here = [line.slot for line in lines if line.slot is not None]
        ids = [id_of(line.block) for line in lines]
        lost = [slot for slot in self.slots if slot not in here]
        for slot in lost:
            self._lose(slot, wall_ns, is_elsewhere=slot.id in ids)
        for line in lines:
            if line.slot is None:
                self.any_order |= _is_nobodys(line)  # torn: it is put right where it stands
            else:
                twins = [slot for slot in self.slots if slot.id and slot.id == line.slot.id]
                is_double = max(len(twins), ids.count(line.slot.id)) > 1
                self._meet(line.slot, line, wall_ns, twins=twins if is_double else [])
        new = [line.slot or Slot(whole(line.block)) for line in lines if not _is_nobodys(line)]
        self.slots = new + sorted(lost, key=lambda slot: slot.order)
        self.any_order |= not self.clean
        self.clean = False
        self.epoch += 1
        for mark in self.marks.values():
            mark.judged = True
        for slot in self.slots:
            slot.judged = True
            if slot.marked is None and slot.id in self.marks:
                slot.marked = self.marks[slot.id].ack

    def _lose(self, slot: Slot, wall_ns: int, *, is_elsewhere: bool) -> None:
        if None in slot.options or (slot.waits and not is_elsewhere):
            return
        if is_elsewhere or not slot.ours:
            slot.options, slot.reserve = {None}, {slot.now} if slot.ours else set()
        elif self._is_fresh(slot.sent, wall_ns):
            slot.options, slot.later = {*slot.ours}, {None}
        elif self._is_young(slot.sent, wall_ns) or not self.clean:
            words = {keyword(option) for option in slot.options if option}
            others = {marked(text, word) for text in slot.ours for word in words}
            slot.options = {None, *slot.ours, *others}
        else:
            slot.options, slot.reserve = {None}, {*slot.ours}
        slot.remember()

    def _meet(self, slot: Slot, line: Line, wall_ns: int, *, twins: Sequence[Slot]) -> None:
        if is_torn(line):
            return
        seen, new = whole(line.seen), whole(line.block)
        mark, words = self.marks.get(slot.id), set[bytes]()
        stale = keyword(seen) != keyword(slot.now) and len(seen) == len(slot.now)
        if len(slot.options) > 1 or not self.clean or twins:
            # Which of two equal entries a program marked is not told by their id.
            words = {keyword(text) for text in slot.options if text}
            words |= {keyword(twin.now) for twin in twins}
        elif stale and self._is_fresh(slot.marked, wall_ns):
            slot.options, slot.later = {marked(new, keyword(slot.now))}, {new}
            slot.now = new
            slot.remember()
            return
        if mark is not None:
            slot.reserve = {marked(new, word) for word in mark.keywords}
            if self._is_young(mark.ack, wall_ns) or not self.clean:
                words |= mark.keywords
        slot.options = {new, *(marked(new, word) for word in words)}
        slot.now = new
        slot.remember()

    def _is_fresh(self, ack: Ack | None, wall_ns: int) -> bool:
        at_once = ack is not None and 0 <= wall_ns - ack.wall_ns < FRESH_NS
        return self.clean and at_once and ack is not None and ack.epoch == self.epoch

    def _is_young(self, ack: Ack | None, wall_ns: int) -> bool:
        return ack is not None and 0 <= wall_ns - ack.wall_ns <= YOUNG_NS

    # -- what is seen ----------------------------------------------------------------------------

    def check(self, data: bytes, *, clean: bool) -> None:
        """Compare what is shown with all that may be shown; a clean look decides between them."""
        entries = entries_of(data)
        head, blocks = data[: len(data) - sum(map(len, entries))], [*map(whole, entries)]
        assert head == self.header or not data
        found = self._matched(blocks)
        self.clean = clean
        if clean:
            self.slots = found
            for slot, block in zip(found, blocks, strict=True):
                slot.options, slot.now = {block}, block
                slot.later, slot.reserve = set(), set()
                if slot.judged or slot.waits:
                    slot.ours, slot.sent, slot.marked = set(), None, None
                slot.judged = slot.waits = False
            self.any_order = False
            self.marks = {id: mark for id, mark in self.marks.items() if not mark.judged}

    def _matched(self, blocks: Iterable[bytes]) -> list[Slot]:
        left, found = list(self.slots), list[Slot]()
        for block in blocks:
            place = next((at for at, slot in enumerate(left) if block in slot.options), None)
            assert place is not None, f"nobody expected {block!r}; it could be {left}"
            skipped = [] if self.any_order else left[:place]
            assert all(None in slot.options for slot in skipped), f"{skipped} before {block!r}"
            found.append(left.pop(place))
            left = left if self.any_order else left[place:]
        assert all(None in slot.options for slot in left), f"lost: {left}"
        return found


def is_torn(line: Line) -> bool:
    """Ask whether it is what a dead program left of an entry: no text that anybody wrote."""
    if line.slot is None:
        return _is_nobodys(line)
    return whole(line.seen) not in line.slot.history


def _is_nobodys(line: Line) -> bool:
    return line.slot is None and line.block == line.seen

"""What will become of an old space: a plan that is a pure function of what was read.

The dry run prints it and the run carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from orgpost.errors import Usage
from orgpost.migrate import v01, v02
from orgpost.migrate.entries import Addressed, Planned, When, with_ids
from orgpost.migrate.letter import is_working, letter_of
from orgpost.migrate.people import SHARED, NewActor, People, Told, is_agent, meet
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orgpost.migrate.entries import Key
    from orgpost.migrate.letter import Letter
    from orgpost.migrate.old import OldFile

UNKNOWN_SENDER: Final = "import"


@dataclass(frozen=True, slots=True)
class Source:
    """One old Org file: its path in the space, whose it is by its name, what it says."""

    file: str
    holder: str
    text: str
    role: str  # "inbox" of v0.1, "universal" or "tasks" of v0.2


@dataclass(frozen=True, slots=True)
class Sources:
    """All that was read of an old space; registries are parsed YAML."""

    files: Sequence[Source] = ()
    users: object = None
    actors: object = None
    trusted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Existing:
    """What the space has already: who is known, by id and handle; what came from old entries."""

    known: Mapping[str, str] = field(default_factory=dict)
    actors: Sequence[NewActor] = ()
    ids: frozenset[str] = frozenset()
    copies: Mapping[Key, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know about one place of an old file."""

    file: str
    line: int | None
    what: str

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {"file": self.file, "line": self.line, "what": self.what}


@dataclass(frozen=True, slots=True)
class Plan:
    """All that will be written.

    `preambles` is what people wrote above the entries of a file; `in_place` names the files whose
    path is one of ours too.
    """

    entries: tuple[Planned, ...]
    actors: tuple[NewActor, ...]
    in_place: Mapping[str, str]
    preambles: Mapping[str, str]
    renamed: tuple[tuple[str, str], ...]
    notes: tuple[Note, ...]


def make_plan(
    sources: Sources, existing: Existing, when: When, *, actor: str = "", agent_mail: str = ""
) -> Plan:
    """Decide about all that was read; `actor` becomes the owner."""
    files = [(source, _read(source)) for source in sources.files]
    letters = [letter for source, file in files for letter in _letters(source, file)]
    people = meet(
        _told(sources, letters),
        owner=actor,
        known=existing.known,
        kinds={each.id: each.kind for each in existing.actors},
    )
    address = _Address(existing, people, actor)
    addressed = [address.of(letter) for letter in letters]
    if agent_mail == "tasks":
        addressed = [address.as_task(each) for each in addressed]
    entries = with_ids(addressed, existing.ids, existing.copies, when)
    return Plan(
        entries=entries,
        actors=tuple(people.actors),
        in_place=_in_place(sources.files, address),
        preambles=_preambles(files, address),
        renamed=(*_renamed_people(people), *_renamed_ids(addressed, entries)),
        notes=tuple(_notes(files, people, addressed, entries)),
    )


def _read(source: Source) -> OldFile:
    return v01.read_inbox(source.text) if source.role == "inbox" else v02.read_file(source.text)


def _letters(source: Source, file: OldFile) -> Iterable[Letter]:
    tasks = source.role == "tasks"
    return (letter_of(entry, source.file, source.holder, tasks=tasks) for entry in file.entries)


def _told(sources: Sources, letters: Sequence[Letter]) -> Told:
    mentioned = [source.holder for source in sources.files if source.holder]
    for letter in letters:
        mentioned += [letter.sender, letter.recipient]
    return Told(
        users=v01.read_users(sources.users),
        actors=v02.read_actors(sources.actors),
        agents=[source.holder for source in sources.files if source.role == "tasks"],
        mentioned=[name for name in dict.fromkeys(mentioned) if name],
        trusted=sources.trusted,
    )


class _Address:
    """Knows whose a letter is, under the new names."""

    def __init__(self, existing: Existing, people: People, actor: str) -> None:
        self._names = people.names
        self._actors = {each.id: each for each in (*existing.actors, *people.actors)}
        self._owner = people.names[actor] if actor else self._first_owner()

    def _first_owner(self) -> str:
        tiers = [each.id for each in self._actors.values() if each.trust_tier == "owner"]
        people = [each.id for each in self._actors.values() if each.kind == "person"]
        return tiers[0] if tiers else people[0] if len(people) == 1 else ""

    def path(self, source: Source) -> str:
        """Give the new file of an old one; of the inbox that all shared, the owner's."""
        folder = "agents" if source.role == "tasks" else "inbox"
        return f"{folder}/{self._name(source.holder)}.org"

    def of(self, letter: Letter) -> Addressed:
        """Address a letter."""
        if letter.kind == "task":
            letter = letter if letter.sender else letter.with_note(_NO_SENDER)
            name = self._name(letter.holder)
            return Addressed(letter, f"agents/{name}.org", self._sender(letter), name)
        letter = self._with_recipient(letter)
        holder = self._name(letter.holder or letter.recipient)
        return Addressed(
            letter if letter.sender else letter.with_note(_NO_SENDER),
            f"inbox/{holder}.org",
            self._sender(letter),
            self._name(letter.recipient),
        )

    def as_task(self, each: Addressed) -> Addressed:
        """Make a waiting task of what an agent has not done yet."""
        letter = each.letter
        name = each.path.removeprefix("inbox/").removesuffix(".org")
        open_mail = letter.state == "UNREAD" or is_working(letter)
        if self._actors[name].kind != "agent" or not open_mail or letter.kind != "message":
            return each
        facts = (
            ("TRUST_TIER", self._tier(each.sender, name)),
            ("AWAITING", "owner-approval"),
            ("EFFORT_LEVEL", "1"),
            ("ATTEMPT", "0"),
        )
        task = replace(
            letter, kind="task", state="WAITING", properties=(*letter.properties, *facts)
        )
        return replace(each, letter=task, path=f"agents/{name}.org")

    def _with_recipient(self, letter: Letter) -> Letter:
        # `claude` meant the agent of whoever wrote, and that is whose file it lies in.
        if letter.recipient.lower() == SHARED and is_agent(letter.holder):
            kept = (*letter.properties, ("V01_TO", letter.recipient))
            return replace(letter, recipient=letter.holder, properties=kept)
        if letter.recipient or letter.holder:
            return replace(letter, recipient=letter.recipient or letter.holder)
        return letter.with_note(f"it is to nobody: to {self._name('')}")

    def _sender(self, letter: Letter) -> str:
        return self._names[letter.sender] if letter.sender else UNKNOWN_SENDER

    def _name(self, old: str) -> str:
        if not old and not self._owner:
            what = "there is mail to nobody, and nobody is named as owner"
            raise Usage(what, hint="say whose it is: --actor NAME")
        return self._names[old] if old else self._owner

    def _tier(self, sender: str, agent: str) -> str:
        if self._actors[agent].owner == sender:
            return "owner"
        return self._actors[sender].trust_tier if sender in self._actors else "unknown"


_NO_SENDER: Final = f"it is from nobody: from {UNKNOWN_SENDER}"


def _in_place(files: Sequence[Source], address: _Address) -> dict[str, str]:
    """Give the old files that lie where the new ones go, by their paths below `org/messaging`."""
    tasks = (source for source in files if source.role == "tasks")
    homes = {address.path(source): source.file for source in tasks}
    return {path: file for path, file in homes.items() if file == f"{ROOT}/{path}"}


def _preambles(files: Sequence[tuple[Source, OldFile]], address: _Address) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for source, file in files:
        if file.preamble:
            path = address.path(source)
            texts[path] = f"{texts[path]}\n\n{file.preamble}" if path in texts else file.preamble
    return texts


def _renamed_people(people: People) -> Iterable[tuple[str, str]]:
    return ((old, new) for old, new in people.names.items() if old != new)


def _renamed_ids(
    letters: Sequence[Addressed], entries: Sequence[Planned]
) -> Iterable[tuple[str, str]]:
    olds = (each.letter.old_id for each in letters)
    pairs = ((old, entry.id) for old, entry in zip(olds, entries, strict=True))
    return ((old, new) for old, new in pairs if old != new)


def _notes(
    files: Sequence[tuple[Source, OldFile]],
    people: People,
    letters: Sequence[Addressed],
    entries: Sequence[Planned],
) -> Iterable[Note]:
    yield from (Note(f"{ROOT}/contacts.yaml", None, what) for what in people.notes)
    for source, file in files:
        yield from (Note(source.file, line, what) for line, what in file.oddities)
    for each, entry in zip(letters, entries, strict=True):
        letter = each.letter
        yield from (Note(letter.file, letter.line, what) for what in letter.notes)
        if letter.old_id != entry.id and letter.kind != "task":
            old = letter.old_id or "an entry without an ID"
            yield Note(letter.file, letter.line, f"{old} is {entry.id} now")

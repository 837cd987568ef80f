"""A person's commands leave our entries ours: valid, known by their ID, in the new state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from orgpost.org.entry import Draft, Entry, parse, render
from orgpost.org.scan import file_kind, spans
from orgpost.org.syntax import MESSAGE, TASK, FileKind, header
from tests.emacs.written import FILES, KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emacs.oracle import Heading, Oracle

pytestmark = pytest.mark.slow

BODIES: Final = {
    "plain": "The body, as sent.",
    "line end": "Deploy is through.\n",
    "fixed": "1. build\n2. ship",
    "percent": "if x:\n\treturn 100%\n",
    "sexp": '%%(orgpost-ran "x")',
    "empty": "",
}
TITLES: Final = ["Server is down!", "[#A] urgent: act", "**Note:** it", "words :a:b:", "x", ""]

# One command after the other, each with the arguments behind path and ID.
COMMANDS: Final[dict[str, list[tuple[object, ...]]]] = {
    "org-schedule": [("schedule", "2026-11-25")],
    "org-schedule, twice": [("schedule", "2026-11-25"), ("schedule", "2026-11-26")],
    "org-deadline": [("deadline", "2026-11-25")],
    "org-clock-in": [("clock",)],
    "org-add-note": [("note", "words of mine\n\n* two lines")],
    "org-set-tags": [("set-tags", ["ops", "später"])],
    "org-priority": [("set-priority", "C")],
    "org-entry-put": [("set-property", "Mine", "a value")],
    "org-toggle-comment": [("comment",)],
    "cut and paste": [("move-to-end",)],
    "all": [
        ("schedule", "2026-11-25"),
        ("clock",),
        ("note", "words"),
        ("set-tags", ["ops"]),
        ("set-priority", "A"),
        ("set-property", "Mine", "a value"),
        ("move-to-end",),
    ],
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> FileKind:
    """Both kinds of files."""
    return KINDS[request.param]


@pytest.fixture
def path(tmp_path: Path, kind: FileKind) -> Path:
    """A file with an entry for each way to store a body."""
    path = tmp_path / "tex.org"
    drafts = [
        Draft(
            id=f"{'msg' if kind is MESSAGE else 'task'}-20261120-083105-{number:010d}",
            keyword=kind.keywords[0],
            title=title,
            body=body,
            priority="B" if kind is TASK else None,
            tags=("ops",) if number % 2 else (),
            properties=[("FROM", "crt"), ("CREATED", "[2026-11-20 Fri 09:31:05]")],
            slack=400 if kind is TASK else 0,
        )
        for number, (title, body) in enumerate(zip(TITLES, BODIES.values(), strict=True))
    ]
    path.write_bytes(header(FILES[kind.name]) + b"".join(render(draft, kind) for draft in drafts))
    return path


def read(path: Path, kind: FileKind) -> dict[str, Entry]:
    """Read all entries; each must have an ID of its own, and no flaw."""
    data = path.read_bytes()
    found = [parse(data[start:end], file_kind(data, kind)) for start, end in spans(data)]
    ids = [entry.id for entry in found if entry.id is not None]
    assert len(ids) == len(found) == len(set(ids))
    assert [entry.flaw for entry in found if entry.flaw] == []
    return dict(zip(ids, found, strict=True))


def agree(heading: Heading, entry: Entry) -> bool:
    """Say whether Org reads the entry as we do."""
    ours = (entry.keyword, entry.heading.text, [*entry.tags], entry.id, entry.heading.commented)
    orgs = (heading.keyword, heading.title, heading.tags, heading.get("ID"), heading.is_comment)
    return ours == orgs and (heading.priority or None) == entry.priority


def same_words(now: Entry, then: Entry) -> bool:
    """Say whether what was sent is still what is read."""
    return all(
        getattr(now, name) == getattr(then, name) for name in ("id", "title", "body", "flaw")
    ) and now.get("FROM") == then.get("FROM")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_leaves_the_entry_ours_and_the_others_alone(
    oracle: Oracle, path: Path, kind: FileKind, command: str, body: str
) -> None:
    """The words are the same, Org agrees, and no byte of another entry moved."""
    before = read(path, kind)
    target = [*before][[*BODIES].index(body)]
    for name, *arguments in COMMANDS[command]:
        oracle.do(str(name), path, target, *arguments)
    after = read(path, kind)
    changed = after[target].raw != before[target].raw or [*after] != [*before]
    assert changed or command == "cut and paste"
    assert same_words(after.pop(target), before.pop(target))
    assert {id: entry.raw for id, entry in after.items()} == {
        id: entry.raw for id, entry in before.items()
    }
    assert oracle.lint(path) == []
    assert [
        heading.title
        for heading, entry in zip(oracle.headings(path), read(path, kind).values(), strict=True)
        if not agree(heading, entry)
    ] == []


def test_org_todo_through_all_keywords_is_read(oracle: Oracle, path: Path, kind: FileKind) -> None:
    """Whatever state a person chooses, the program reads it; the words stay the same."""
    before = read(path, kind)
    for keyword in [*kind.keywords, *reversed(kind.keywords)]:
        oracle.do("todo-all", path, keyword, "why not")
        after = read(path, kind)
        assert {entry.keyword for entry in after.values()} == {keyword}
        assert [id for id in before if not same_words(after[id], before[id])] == []
    assert oracle.lint(path) == []


def test_shifting_a_state_is_read(oracle: Oracle, path: Path, kind: FileKind) -> None:
    """S-right goes from keyword to keyword, as the file's line says."""
    target = next(iter(read(path, kind)))
    for keyword in kind.keywords[1:]:
        oracle.do("next-state", path, target)
        assert read(path, kind)[target].keyword == keyword


@pytest.mark.parametrize("key", ["a", "o", "p", "t"])
def test_sorting_keeps_every_entry_as_it_was(
    oracle: Oracle, path: Path, kind: FileKind, key: str
) -> None:
    """By title, state, priority or time: the same entries, byte for byte, in another order."""
    before = read(path, kind)
    oracle.do("sort", path, key)
    after = read(path, kind)
    assert {id: entry.raw for id, entry in after.items()} == {
        id: entry.raw for id, entry in before.items()
    }


def test_what_a_person_archives_leaves_the_file_whole(
    oracle: Oracle, path: Path, kind: FileKind
) -> None:
    """The entry stands in FILE_archive with its ID and words, the others where they were."""
    before = read(path, kind)
    target = [*before][1]
    oracle.do("archive", path, target)
    archived = read(path.with_name("tex.org_archive"), kind)
    assert same_words(archived[target], before.pop(target))
    assert [*read(path, kind)] == [*before]

"""What a person did to an entry stays, byte for byte, when a program then changes its state."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.clock import Clock
from orgpost.org.change import with_keyword, with_log_item, with_property
from orgpost.org.entry import Draft, Entry, parse, render
from orgpost.org.logbook import state_item
from orgpost.org.scan import file_kind, find_id
from orgpost.org.splice import fit
from orgpost.org.syntax import MESSAGE, TASK, FileKind, header
from orgpost.store import FileStore
from tests.emacs.written import FILES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orgpost.store import Page
    from tests.emacs.oracle import Oracle

pytestmark = pytest.mark.slow

TITLE: Final = "[#A] urgent: act"
BODY: Final = "if x:\n\treturn 100%\n"

# Each edit is a command with its arguments, or Lisp that runs at the entry's heading.
EDITS: Final[dict[str, list[str] | str]] = {
    "keyword not padded": "(progn (org-todo 'right) (org-todo 'left))",
    "blanks before the keyword": '(progn (forward-char 2) (insert " "))',
    "tags aligned elsewhere": "(let ((org-tags-column -100)) (org-align-tags))",
    "tags without many blanks": "(let ((org-tags-column 0)) (org-align-tags))",
    "small drawer": """(let ((case-fold-search nil) (end (org-entry-end-position)))
        (dolist (word '(":PROPERTIES:" ":ID:" ":FROM:" ":LOGBOOK:" ":END:"))
          (save-excursion
            (while (search-forward word end t) (replace-match (downcase word) t t)))))""",
    "indented drawer": """(progn (forward-line) (indent-rigidly
        (point) (progn (re-search-forward "^:END:\\n") (point)) 2))""",
    "CLOSED": "(org-add-planning-info 'closed (current-time))",
    "scheduled": '(org-schedule nil "2026-11-25")',
    "clocked": "(progn (org-clock-in) (org-clock-out))",
    "note": ["note", "words of mine"],
    "property": '(org-entry-put (point) "Mine" "a value")',
    "property at the top": """(progn (re-search-forward "^:PROPERTIES:\\n")
        (insert ":Mine:  x\\n"))""",
    "another drawer": """(progn (org-end-of-meta-data t) (insert ":NOTES:\\nmine\\n:END:\\n"))""",
    "table and sub-heading": """(progn (org-end-of-subtree t t)
        (insert "** Mine\\n:PROPERTIES:\\n:ID: mine\\n:END:\\n| a | b |\\nwords\\n"))""",
    "moved down": "(org-move-subtree-down)",
    "moved up": "(org-move-subtree-up)",
    "blank lines around": """(progn (insert "\\n\\n")
        (org-end-of-subtree t t) (insert "\\n\\n"))""",
    "statistics cookie": """(progn (end-of-line) (re-search-backward "[a-z?)]") (forward-char)
        (insert " [1/2]") (org-update-statistics-cookies nil))""",
    "COMMENT": "(org-toggle-comment)",
    "priority": "(org-priority ?C)",
    "other tags": """(org-set-tags '("mine" "ops"))""",
    "no final line end": """(progn (setq-local require-final-newline nil)
        (goto-char (point-max)) (delete-char -1))""",
    "preamble": """(progn (goto-char (point-min)) (forward-line 2)
        (insert "#+FILETAGS: :mine:\\n#+CATEGORY: post\\nwords of mine\\n"))""",
}
# What they cannot do together: both would end in the same place.
ALONE: Final = {"moved up", "small drawer"}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> FileKind:
    """Both kinds of files."""
    return KINDS[request.param]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileStore]:
    """A space of its own."""
    with FileStore(tmp_path, Clock(), sync="off") as store:
        yield store


def named(kind: FileKind, number: int) -> str:
    """Return the ID of an entry."""
    return f"{'msg' if kind is MESSAGE else 'task'}-20261120-083105-{number:010d}"


def draft(kind: FileKind, number: int) -> Draft:
    """Return one of three entries."""
    claim = [("ATTEMPT", "0"), ("LEASE", "- 0 -")] if kind is TASK else []
    return Draft(
        id=named(kind, number),
        keyword=kind.keywords[0],
        title=TITLE,
        body=BODY,
        priority="B" if kind is TASK else None,
        tags=("ops",),
        properties=[("FROM", "crt"), ("CREATED", "[2026-11-20 Fri 09:31:05]"), *claim],
        slack=400 if kind is TASK else 0,
    )


@pytest.fixture
def path(tmp_path: Path, kind: FileKind) -> Path:
    """A file with three entries that differ only in their ID; the middle one is edited."""
    path = tmp_path / "org/messaging" / FILES[kind.name]
    path.parent.mkdir(parents=True)
    entries = b"".join(render(draft(kind, number), kind) for number in range(3))
    path.write_bytes(header(FILES[kind.name]) + entries)
    return path


def edit(oracle: Oracle, path: Path, id: str, how: list[str] | str) -> None:
    """Let a person do one thing."""
    if isinstance(how, str):
        oracle.do("run", path, id, how)
    else:
        oracle.do(how[0], path, id, *how[1:])


def moved(raw: bytes, kind: FileKind) -> bytes:
    """Return the entry as a program changes it: a mark, or a claim."""
    if kind is MESSAGE:
        return with_keyword(raw, "READ", kind)
    claimed = with_keyword(raw, "WORKING", kind)
    claimed = with_property(claimed, "ATTEMPT", "1", kind)
    claimed = with_property(claimed, "LEASE", "2026-11-20T08:47:10Z 1 tex-agent", kind)
    item = state_item("WORKING", "QUEUED", "[2026-11-20 Fri 09:32]", "by tex-agent")
    return fit(raw, with_log_item(claimed, item, kind), kind)


def change(store: FileStore, kind: FileKind) -> None:
    """Let a program change the middle entry."""

    def decide(page: Page) -> None:
        span = find_id(page.data, named(kind, 1).encode())
        assert span is not None
        of_file = file_kind(page.data, kind)
        page.replace(span, moved(page.data[slice(*span)], of_file))

    store.edit(FILES[kind.name], decide)


def read(path: Path, kind: FileKind, number: int = 1) -> Entry:
    """Read an entry."""
    data = path.read_bytes()
    span = find_id(data, named(kind, number).encode())
    assert span is not None
    return parse(data[slice(*span)], file_kind(data, kind))


# What a claim writes: these lines, and the blanks that make room for them.
CLAIM: Final = rb'(?m)^[ \t]*(?::(?:ATTEMPT|LEASE|LOGBOOK):[^\n]*|- State "WORKING"[^\n]*|[ ]*)\n'


def without_the_change(data: bytes, kind: FileKind) -> list[bytes]:
    """Return the file without the bytes that the program's change means."""
    span = find_id(data, named(kind, 1).encode())
    assert span is not None
    raw = data[slice(*span)]
    keyword = parse(raw, file_kind(data, kind)).heading.keyword_span
    raw = raw[: keyword.start] + raw[keyword.end :]
    if kind is TASK:
        raw = re.sub(CLAIM, b"", raw).replace(b":END:\n:END:\n", b":END:\n")
    return [data[: span.start], raw, data[span.end :]]


@pytest.mark.parametrize("name", [*EDITS, "all together"])
def test_only_the_bytes_of_a_change_differ_after_an_edit(
    oracle: Oracle, store: FileStore, path: Path, kind: FileKind, name: str
) -> None:
    """Each edit alone, and all together; then the program's change; then Org's opinion of it."""
    together = [how for each, how in EDITS.items() if each not in ALONE]
    as_written = path.read_bytes()
    for how in together if name == "all together" else [EDITS[name]]:
        edit(oracle, path, named(kind, 1), how)
    before = path.read_bytes()
    assert before != as_written
    words = read(path, kind)
    change(store, kind)
    after = read(path, kind)
    assert without_the_change(path.read_bytes(), kind) == without_the_change(before, kind)
    assert after.keyword == ("READ" if kind is MESSAGE else "WORKING")
    assert (after.title, after.body, after.tags) == (words.title, words.body, words.tags)
    heading = oracle.headings(path)[oracle.ids(path).index(named(kind, 1))]
    assert (heading.keyword, heading.title) == (after.keyword, after.heading.text)


def test_edits_do_not_change_what_was_sent(oracle: Oracle, path: Path, kind: FileKind) -> None:
    """Title and body are read as they were written, except where the person changed them."""
    for name, how in EDITS.items():
        if name not in ALONE | {"statistics cookie", "table and sub-heading"}:
            edit(oracle, path, named(kind, 1), how)
    assert read(path, kind).title == TITLE
    assert read(path, kind).body == BODY


def test_a_title_that_was_edited_wins(oracle: Oracle, path: Path, kind: FileKind) -> None:
    """The stale SUBJECT stays in the drawer and is not what is read."""
    oracle.do("edit-heading", path, named(kind, 1), "Act now")
    edited = read(path, kind)
    assert edited.title == "Act now"
    assert edited.get("SUBJECT") == TITLE


def test_a_subject_that_was_edited_counts_only_where_it_fits_the_heading(
    oracle: Oracle, path: Path, kind: FileKind
) -> None:
    """Another subject than the heading shows is nobody's title."""
    oracle.do("set-property", path, named(kind, 1), "SUBJECT", "something else")
    assert read(path, kind).title == "(#A) urgent: act"

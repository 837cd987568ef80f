"""Golden pairs: a file as it stands in a space, and beside it what a reader makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.org import change, scan, syntax
from orgpost.org.entry import Draft, Entry, parse, render
from tests.independent_reader import read_bytes

if TYPE_CHECKING:
    from orgpost.org.syntax import FileKind

FOLDER = Path(__file__).parents[1] / "golden"
# What `render` makes of title and body by itself.
MADE = {"ID", "SUBJECT", "BODY_ENC"}


@dataclass(frozen=True)
class Golden:
    """One pair; its name is the oddity that it shows."""

    name: str
    data: bytes
    told: dict[str, Any]

    @property
    def kind(self) -> FileKind:
        """The kind of the file, as the file has it."""
        kind = syntax.kind_of(self.told["path"])
        assert kind is not None
        return scan.file_kind(self.data, kind)

    @property
    def entries(self) -> list[Entry]:
        """What we read."""
        return [
            parse(self.data[span.start : span.end], self.kind) for span in scan.spans(self.data)
        ]


def pairs() -> list[Golden]:
    """All of them."""
    return [
        Golden(path.stem, path.read_bytes(), json.loads(path.with_suffix(".json").read_bytes()))
        for path in sorted(FOLDER.glob("*.org"))
    ]


def as_told(entry: Entry) -> dict[str, Any]:
    """An entry in the words of the pair's other half."""
    properties = [list(pair) for pair in entry.properties if pair[0] not in MADE]
    optional = {
        "flaw": entry.flaw,
        "planning": [list(pair) for pair in entry.planning],
        "subs": [sub.title for sub in entry.subs],
    }
    return {
        "id": entry.id,
        "keyword": entry.keyword,
        "priority": entry.priority,
        "title": entry.title,
        "tags": list(entry.tags),
        "properties": properties,
        "body": entry.body,
        **{key: value for key, value in optional.items() if value},
    }


def draft_of(told: dict[str, Any]) -> Draft:
    """The value that a program would write as that entry."""
    return Draft(**{**told, "properties": [tuple(pair) for pair in told["properties"]]})


every = pytest.mark.parametrize("golden", pairs(), ids=lambda golden: golden.name)


def test_each_file_has_its_other_half() -> None:
    """No half is left alone."""
    files = {path.stem for path in FOLDER.glob("*.org")}
    assert files == {path.stem for path in FOLDER.glob("*.json")}
    assert len(files) >= 24


@every
def test_a_file_is_read_as_its_pair_says(golden: Golden) -> None:
    """Bytes to values."""
    written = ("logbook", "slack")
    told = [
        {key: value for key, value in entry.items() if key not in written}
        for entry in golden.told["entries"]
    ]
    assert [as_told(entry) for entry in golden.entries] == told


@pytest.mark.parametrize(
    "golden", [pair for pair in pairs() if pair.told["written"]], ids=lambda golden: golden.name
)
def test_a_file_is_written_as_its_pair_says(golden: Golden) -> None:
    """Values to bytes, header and all."""
    header = syntax.header(golden.told["path"]).replace(b"\n", golden.kind.eol)
    entries = [render(draft_of(told), golden.kind) for told in golden.told["entries"]]
    assert b"".join([header, *entries]) == golden.data


@every
def test_a_reader_made_from_the_page_alone_agrees(golden: Golden) -> None:
    """The page says all that a stranger needs."""
    priorities = {"A": "high", "C": "low"}
    ours = [
        (
            entry.keyword,
            priorities.get(entry.priority or "", "normal"),
            entry.title,
            list(entry.tags),
            dict(reversed(entry.properties)),
            entry.id,
            entry.body,
        )
        for entry in golden.entries
    ]
    theirs = [
        (read.keyword, read.priority, read.title, read.tags, read.properties, read.id, read.body)
        for read in read_bytes(golden.data, golden.kind.name)
    ]
    assert ours == theirs


@every
def test_marking_an_entry_leaves_every_other_byte(golden: Golden) -> None:
    """Also where the file has CRLF, a BOM, a byte that is no UTF-8, a NUL, or no final line end."""
    for span, entry in zip(scan.spans(golden.data), golden.entries, strict=True):
        if entry.is_note:
            continue
        marked = change.with_keyword(entry.raw, "DONE", golden.kind)
        place = entry.heading.keyword_span
        assert marked.startswith(entry.raw[: place.start])
        assert marked.endswith(entry.raw[place.end :])
        data = golden.data[: span.start] + marked + golden.data[span.end :]
        read = parse(marked, golden.kind)
        assert (read.keyword, read.title, read.body) == ("DONE", entry.title, entry.body)
        assert len(scan.spans(data)) == len(golden.entries)


@every
def test_a_file_that_was_appended_to_holds_one_entry_more(golden: Golden) -> None:
    """Whatever stood at its end; a missing line end comes first."""
    gap = b"" if golden.data.endswith(b"\n") else golden.kind.eol
    keyword = golden.kind.keywords_open[0]
    new = render(Draft(id="msg-new", keyword=keyword, title="x", body="\n"), golden.kind)
    data = golden.data + gap + new
    span = scan.find_id(data, b"msg-new")
    assert span == scan.Span(len(golden.data) + len(gap), len(data))
    assert len(scan.spans(data)) == len(golden.entries) + 1
    assert parse(new, golden.kind).body == "\n"

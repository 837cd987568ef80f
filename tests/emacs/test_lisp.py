"""No text is run or breaks a command: on opening, in tables, in Babel, on export, in agendas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.org.syntax import header
from tests.corpus.texts import generated, hostile
from tests.emacs.session import EmacsError
from tests.emacs.written import FILES, KINDS, entries, write

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.emacs.oracle import Oracle

pytestmark = pytest.mark.slow

# The day of the stamps in the corpus; the sexps of a diary run on every day.
DAY = "2026-11-19"
EDITS = {
    "none": [],
    "cleaned, stripped and aligned": ["clean-blanks", "strip-blanks", "fold-and-align"],
}
CLOCK = "(let ((org-clock-auto-clock-resolution t)) (org-clock-in) (org-clock-out))"
# One name for each way in that the raw corpus must show to be open.
WAYS_IN = {
    "local-variables-0-bytes-from-end",
    "local-variables-fixed-width",
    "local-variables-lower-case",
    "local-variables-with-suffix",
    "sexp-first-line",
    "sexp-after-ampersand",
    "sexp-after-tab",
    "sexp-angle-in-words",
    "sexp-in-list-item",
    "sexp-in-table",
    "block-example-with-sexp",
    "block-source-elisp",
    "block-source-elisp-var",
    "block-dynamic",
    "inline-source",
    "line-macro-eval",
    "planning-diary-sexp",
    "table-formula",
    "title-sexp",
    "title-angle-sexp",
}


def test_the_same_corpus_stored_raw_runs(oracle: Oracle, tmp_path: Path) -> None:
    """This suite can fail: each way in is open for a text that nobody quoted."""
    ran: set[str] = set()
    path = tmp_path / "tex.org"
    for text in hostile().values():
        if "orgpost-ran" in text:
            raw = text.encode("utf-8", "surrogatepass")
            path.write_bytes(header(FILES["message"]) + b"* UNREAD   raw\n" + raw + b"\n")
            ran.update(oracle.what_runs(path, DAY))
    assert WAYS_IN - ran == set()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("edit", EDITS)
def test_nothing_of_the_corpus_runs(oracle: Oracle, tmp_path: Path, kind: str, edit: str) -> None:
    """All texts in one file, in each place, in the most careless Emacs there is."""
    path = tmp_path / "tex.org"
    write(path, entries(hostile().values(), KINDS[kind]), KINDS[kind])
    for command in EDITS[edit]:
        oracle.do(command, path)
    assert oracle.what_runs(path, DAY) == []
    assert oracle.what_failed() == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("edit", EDITS)
def test_nothing_of_generated_texts_runs(
    oracle: Oracle, tmp_path: Path, rng: random.Random, kind: str, edit: str
) -> None:
    """The same for texts that nobody thought of."""
    path = tmp_path / "tex.org"
    write(path, entries(generated(rng, 300), KINDS[kind]), KINDS[kind])
    for command in EDITS[edit]:
        oracle.do(command, path)
    assert oracle.what_runs(path, DAY) == []
    assert oracle.what_failed() == []


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_twenty_thousand_texts_runs(
    oracle: Oracle, tmp_path: Path, rng: random.Random, kind: str
) -> None:
    """The same, long, before and after the edits."""
    path = tmp_path / "tex.org"
    for _ in range(50):
        write(path, entries(generated(rng, 400), KINDS[kind]), KINDS[kind])
        before = oracle.what_runs(path, DAY)
        for command in EDITS["cleaned, stripped and aligned"]:
            oracle.do(command, path)
        assert [*before, *oracle.what_runs(path, DAY)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_at_the_end_of_a_file_is_obeyed_on_opening(
    oracle: Oracle, tmp_path: Path, kind: str
) -> None:
    """Local variables stand near the end of a file: so each text is the last once.

    Neither Lisp nor a variable, mode or coding system of a text takes effect.
    """
    written = entries(hostile().values(), KINDS[kind])
    paths = [tmp_path / f"{one.number}.org" for one in written]
    for path, one in zip(paths, written, strict=True):
        write(path, [one], KINDS[kind])
    obeyed = oracle.call("orgpost-test-what-opening-does", [str(path) for path in paths])
    assert obeyed is None


def test_an_obeyed_variable_is_noticed(oracle: Oracle, tmp_path: Path) -> None:
    """The control of the last one: mode, coding and Lisp of a raw text all show."""
    ends = {
        "mode": "Local Variables:\nmode: text\nEnd:\n",
        "coding": "Local Variables:\ncoding: latin-1\nEnd:\n",
        "variable": "Local Variables:\nfill-column: 7\nEnd:\n",
        "lisp": 'Local Variables:\neval: (orgpost-ran "x")\nEnd:\n',
    }
    paths = [tmp_path / f"{name}.org" for name in ends]
    for path, end in zip(paths, ends.values(), strict=True):
        path.write_text("* UNREAD   raw\n" + end, "utf-8")
    obeyed = oracle.call("orgpost-test-what-opening-does", [str(path) for path in paths])
    assert isinstance(obeyed, list)
    assert len(obeyed) == len(ends)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("log", [False, True])
def test_no_text_makes_a_line_in_an_agenda(
    oracle: Oracle, tmp_path: Path, rng: random.Random, kind: str, *, log: bool
) -> None:
    """No stamp or range of a text is an appointment, and none of its words is a log."""
    path = tmp_path / "tex.org"
    write(path, entries([*hostile().values(), *generated(rng, 500)], KINDS[kind]), KINDS[kind])
    assert oracle.agenda(path, DAY, log=log) == []


@pytest.mark.parametrize(
    ("text", "log"),
    [
        ("<2026-11-20 Fri>", False),
        (": <2026-11-20 Fri>--<2026-11-22 Sun>", False),
        (": CLOCK: [2026-11-20 Fri 09:32]", True),
        (': - State "DONE" from [2026-11-20 Fri 09:32]', True),
    ],
)
def test_what_makes_a_line_in_an_agenda_is_noticed(
    oracle: Oracle, tmp_path: Path, text: str, *, log: bool
) -> None:
    """The control of the last one; fixed-width lines alone do not help."""
    path = tmp_path / "tex.org"
    path.write_bytes(header(FILES["message"]) + b"* UNREAD   raw\n" + text.encode() + b"\n")
    assert oracle.agenda(path, DAY, log=log) != []


@pytest.mark.parametrize("piece", ["<%%(a)>", "<2026-11-20 ", "<2026-11-20 Fri +1d> "])
def test_a_body_full_of_stamps_does_not_halt_the_agenda(
    oracle: Oracle, tmp_path: Path, piece: str
) -> None:
    """Stored in fixed-width lines alone, each takes Emacs minutes; the harness gives it less."""
    path = tmp_path / "tex.org"
    write(path, entries([piece * (65_000 // len(piece))], KINDS["message"]), KINDS["message"])
    assert oracle.agenda(path, DAY) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_an_open_clock(oracle: Oracle, tmp_path: Path, kind: str) -> None:
    """Clocking in looks for open clocks in all files, and fails over one that is no time."""
    path = tmp_path / "tex.org"
    written = entries(hostile().values(), KINDS[kind])
    write(path, written, KINDS[kind])
    oracle.do("run", path, written[0].id, CLOCK)
    assert b"=>  0:00\n" in path.read_bytes()
    assert oracle.questions == []


def test_an_open_clock_is_noticed(oracle: Oracle, tmp_path: Path) -> None:
    """The control of the last one: Org finds it in a fixed-width line."""
    path = tmp_path / "tex.org"
    written = entries(["1. words"], KINDS["message"])
    write(path, written, KINDS["message"])
    path.write_bytes(path.read_bytes() + b": CLOCK: [x]\n")
    with pytest.raises(EmacsError, match="Not an Org time string"):
        oracle.do("run", path, written[0].id, CLOCK)

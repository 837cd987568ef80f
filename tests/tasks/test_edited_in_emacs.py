"""What a person did to a task in Emacs stays, byte for byte, through all that programs do to it."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.org import scan
from orgpost.org.entry import parse
from orgpost.org.syntax import TASK
from orgpost.refusals import UnknownTask
from tests.emacs.oracle import ORGS, Oracle
from tests.emacs.test_hand_edits import EDITS as HAND_EDITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orgpost.task import Claim, Task
    from tests.tasks.conftest import Shop

pytestmark = pytest.mark.slow

FILE: Final = "agents/tex-agent.org"
WORDS: Final = "words of the program"
GOLDEN: Final = Path(__file__).parents[1] / "golden"

# A command with its arguments behind the ID, one without an ID, Lisp, or another editor's doing.
EDITS: Final[dict[str, list[str] | tuple[str, ...] | str | Callable[[bytes], bytes]]] = {
    **HAND_EDITS,
    "scheduled": '(org-schedule nil "2026-11-19")',
    "rescheduled": ["schedule", "2026-11-18"],
    "deadline": ["deadline", "2026-11-19"],
    "cut and paste": ["move-to-end"],
    "sorted by title": ("sort", "a"),
    "sorted by state": ("sort", "o"),
    "blanks stripped": ("strip-blanks",),
    "blanks cleaned": ("clean-blanks",),
    "empty lines": ("add-blank-lines",),
    "no empty lines": ("remove-blank-lines",),
    "folded and aligned": ("fold-and-align",),
    "note of two lines": ["note", "first\\nsecond"],
    "no LOGBOOK": """(progn (re-search-forward "^:LOGBOOK:") (forward-line 0)
        (delete-region (point) (progn (re-search-forward "^:END:\\n") (point))))""",
    "no LEASE": '(org-entry-delete (point) "LEASE")',
    "no ATTEMPT": '(org-entry-delete (point) "ATTEMPT")',
    "LEASE in other words": '(org-entry-put (point) "LEASE" "mine")',
    "a clock that runs": "(org-clock-in)",
    "CRLF": lambda data: re.sub(rb"(?<!\r)\n", b"\r\n", data),
    "BOM": lambda data: b"\xef\xbb\xbf" + data.removeprefix(b"\xef\xbb\xbf"),
    "no final line end": lambda data: data.rstrip(b"\r\n"),
    "a byte of latin-1": lambda data: data.replace(b"before us", b"b\xe9fore us"),
}
# Together they would undo each other, or end in the same place.
ALONE: Final = {
    "moved up",
    "small drawer",
    "indented drawer",
    "CRLF",
    "no LOGBOOK",
    "no empty lines",
}

ONCE: Final = {"moved up", "moved down", "indented drawer"}


@pytest.fixture(scope="module", params=ORGS if len(ORGS) > 1 else None, ids=str)
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    """A real Emacs, with each Org that there is."""
    with Oracle(getattr(request, "param", None)) as oracle:
        yield oracle


class Desk:
    """Three tasks of which the middle one is edited, and what programs then do to it."""

    def __init__(self, shop: Shop, oracle: Oracle) -> None:
        self.shop, self.oracle, self.path = shop, oracle, shop.path()
        body = "The body, before us.\n"
        self.ids = [
            shop.add(
                f"[#A] urgent {n}: act?", sender="mira", body=body, tags=["ops"], max_attempts=9
            ).id
            for n in range(3)
        ]
        self.id = self.ids[1]
        self.tokens = [0]

    def edit(self, name: str, *, again: bool = False) -> None:
        """Let a person do one thing, a minute ago."""
        if again and name in ONCE:
            return
        how = EDITS[name]
        if callable(how):
            self.path.write_bytes(how(self.path.read_bytes()))
        elif isinstance(how, str):
            self.oracle.do("run", self.path, self.id, how)
        elif isinstance(how, tuple):
            self.oracle.do(how[0], self.path, *how[1:])
        else:
            self.oracle.do(how[0], self.path, self.id, *how[1:])
        self.wait()

    def wait(self) -> None:
        """Let what was saved be a minute old."""
        seconds = self.shop.clock.now().timestamp() - 60
        os.utime(self.path, (seconds, seconds))

    def watch(self, change: Callable[[], object], state: str) -> None:
        """Let a program do one thing, and see that it did nothing else."""
        before = self.path.read_bytes()
        change()
        after = self.path.read_bytes()
        assert theirs(after, self.id) == theirs(before, self.id)
        assert self.task().state == state
        self.tokens.append(self.task().token)
        assert self.tokens == sorted(self.tokens)

    def task(self) -> Task:
        """The task as it is now."""
        return self.shop.now(self.id)

    def live(self, name: str) -> None:
        """All that can happen to a task, the edit again between any two things."""
        shop, inbox, id = self.shop, self.shop.inbox(), self.id
        self.watch(lambda: inbox.approve(id), "QUEUED")
        claim = self.claim()
        shop.me = "tex-agent"
        self.watch(lambda: inbox.renew(claim), "WORKING")
        self.watch(lambda: inbox.complete(claim, result=WORDS, tokens_used=5), "DONE")
        shop.me = "tex"
        self.edit(name, again=True)
        self.watch(lambda: inbox.request_revision(id, WORDS), "QUEUED")
        claim = self.claim()
        shop.me = "tex-agent"
        self.watch(lambda: inbox.fail(claim, WORDS), "QUEUED")
        shop.me = "tex"
        shop.clock.advance(10)
        self.edit(name, again=True)
        claim = self.claim()
        shop.me = "tex-agent"
        self.watch(lambda: inbox.release(claim, WORDS), "QUEUED")
        shop.me = "tex"
        self.watch(lambda: inbox.cancel(id, WORDS), "CANCELLED")
        self.edit(name, again=True)
        self.watch(lambda: inbox.retry(id), "QUEUED")
        claim = self.claim()
        shop.clock.advance(901)
        self.watch(inbox.expire, "QUEUED")
        self.watch(lambda: inbox.cancel(id), "CANCELLED")

    def claim(self) -> Claim:
        """Claim it; the token was never given before."""
        claims: list[Claim] = []
        self.watch(lambda: claims.extend(self.shop.inbox().claim(id=self.id)), "WORKING")
        assert self.tokens[-1] > self.tokens[-2]
        return claims[0]


OURS: Final = re.compile(
    rb"(?im)"
    rb"^[ \t]*:(?:ATTEMPT|LEASE|STARTED|NOT_BEFORE|APPROVAL|AWAITING|RETURNS|REVISION|TOKENS_USED"
    rb"|COST|CANCELLATION_REASON|CANCEL_REQUESTED):[^\n]*\n"
    rb'|^[ \t]*- State "[^\n]*\] (?:by|approved|retried|revision|lease)[^\n]*\n'
    rb"|^\*\* (?:Result|Error|Feedback)\n:PROPERTIES:\n"
    rb"(?::CREATED:[^\n]*\n|:ATTEMPT:[^\n]*\n)+:END:\n"
    rb"words of the program\n"
    rb"|^[ \t]*CLOSED: \[[^]]*\](?: |\n)"
)
SLACK: Final = re.compile(rb"(?im)(?:^[ ]*\n)+(?=[ \t]*:END:)")
EMPTY: Final = re.compile(rb"(?im)^[ \t]*:LOGBOOK:\n[ \t]*:END:\n")


def theirs(data: bytes, id: str) -> list[bytes]:
    """The file without what the programs may write into one entry of it."""
    span = scan.find_id(data, id.encode())
    assert span is not None
    raw = data[slice(*span)]
    keyword = parse(raw, scan.file_kind(data, TASK)).heading.keyword_span
    raw = (raw[: keyword.start] + raw[keyword.end :]).replace(b"\r\n", b"\n")
    raw = raw if raw.endswith(b"\n") else raw + b"\n"
    raw = SLACK.sub(b"", OURS.sub(b"", raw))
    return [data[: span.start], EMPTY.sub(b"", raw), data[span.end :]]


def test_the_comparison_sees_what_is_not_ours() -> None:
    """A person's line that goes, or a byte of it that changes, is seen."""
    entry = (
        b"* QUEUED    x\n:PROPERTIES:\n:ID:       task-1\n:Mine: 1\n:END:\n"
        b':LOGBOOK:\n- State "DONE"       from "WORKING"    [2026-11-20 Fri 09:41]\n:END:\nwords\n'
    )
    seen = theirs(entry, "task-1")
    assert theirs(entry.replace(b"QUEUED    x", b"WORKING   x"), "task-1") == seen
    for line in (b":Mine: 1\n", b"words\n", entry.split(b"\n")[6] + b"\n"):
        assert theirs(entry.replace(line, b""), "task-1") != seen


def see_that_it_is_whole(desk: Desk, name: str) -> None:
    """Org and the program agree on what is there in the end."""
    task = desk.task()
    assert task.sender == "mira"
    if name != "statistics cookie":  # the heading was edited, so it wins
        assert task.title == "[#A] urgent 1: act?"
    assert task.body.replace("\udce9", "e") == "The body, before us.\n"
    if name != "CRLF":  # the cookie says unix, so that to Emacs the CR is a letter
        heading = desk.oracle.headings(desk.path)[desk.oracle.ids(desk.path).index(desk.id)]
        assert heading.keyword == task.state


@pytest.mark.parametrize("name", EDITS)
def test_only_the_bytes_of_a_change_differ_after_an_edit(
    oracle: Oracle, shop: Shop, name: str
) -> None:
    """Each edit alone, again and again in a task's life; then Org's opinion of the file."""
    desk = Desk(shop, oracle)
    desk.edit(name)
    desk.live(name)
    see_that_it_is_whole(desk, name)
    shop.inbox().archive(desk.id)
    assert desk.task().state_before == "CANCELLED"
    assert desk.id.encode() not in desk.path.read_bytes()
    assert [shop.now(id).state for id in desk.ids[::2]] == ["WAITING", "WAITING"]


def test_only_the_bytes_of_a_change_differ_after_all_edits(oracle: Oracle, shop: Shop) -> None:
    """One edit upon the other; only those are left out that another one undoes."""
    desk = Desk(shop, oracle)
    for name in EDITS:
        if name not in ALONE:
            desk.edit(name)
    desk.live("moved down")
    see_that_it_is_whole(desk, "statistics cookie")


def test_states_that_a_person_sets_are_read_and_moved_on(oracle: Oracle, shop: Shop) -> None:
    """`org-todo` through all keywords: the program reads each, and moves on what the table has."""
    desk = Desk(shop, oracle)
    moves: dict[str, tuple[Callable[[], object], str]] = {
        "WAITING": (lambda: shop.inbox().approve(desk.id), "QUEUED"),
        "QUEUED": (lambda: shop.inbox().claim(id=desk.id), "WORKING"),
        "WORKING": (lambda: shop.inbox().cancel(desk.id, WORDS, now=True), "CANCELLED"),
        "DONE": (lambda: shop.inbox().request_revision(desk.id, WORDS), "QUEUED"),
        **dict.fromkeys(
            ("FAILED", "DEAD", "CANCELLED"), (lambda: shop.inbox().retry(desk.id), "QUEUED")
        ),
    }
    for keyword in [*TASK.keywords, *reversed(TASK.keywords)]:
        oracle.do("todo", desk.path, desk.id, keyword, "why not")
        desk.wait()
        assert desk.task().state == keyword
        if keyword in moves:
            desk.watch(*moves[keyword])
    assert oracle.lint(desk.path) == []


def test_slack_that_was_stripped_is_whole_again_after_one_rewrite(
    oracle: Oracle, shop: Shop
) -> None:
    """Before and after it, a claim, a renewal and a release are written in place."""
    desk = Desk(shop, oracle)
    shop.inbox().approve(desk.id)
    for _ in range(3):
        desk.edit("blanks stripped")
        stripped, inode = len(shop.content()), desk.path.stat().st_ino
        claim = desk.claim()
        rewritten = len(shop.content())
        assert (desk.path.stat().st_ino == inode, rewritten > stripped + 300) == (False, True)
        inode = desk.path.stat().st_ino
        shop.me = "tex-agent"
        desk.watch(lambda claim=claim: shop.inbox().renew(claim), "WORKING")  # type: ignore[misc]
        desk.watch(lambda claim=claim: shop.inbox().release(claim), "QUEUED")  # type: ignore[misc]
        shop.me = "tex"
        claim = desk.claim()
        shop.me = "tex-agent"
        desk.watch(lambda claim=claim: shop.inbox().release(claim), "QUEUED")  # type: ignore[misc]
        shop.me = "tex"
        assert (len(shop.content()), desk.path.stat().st_ino) == (rewritten, inode)


def test_what_a_person_archived_is_found_and_left_there(oracle: Oracle, shop: Shop) -> None:
    """Beside the file, where Emacs puts it; no program changes it."""
    desk = Desk(shop, oracle)
    shop.inbox().approve(desk.id)
    shop.clock.advance(60)
    shop.inbox().approve(desk.ids[0])  # by now nobody doubts any more that the entries got there
    oracle.do("archive", desk.path, desk.id)
    desk.wait()
    assert (desk.task().archived, desk.task().title) == (True, "[#A] urgent 1: act?")
    before = shop.content(f"{FILE}_archive")
    with pytest.raises(UnknownTask):  # in no file where anything could be done with it
        shop.inbox().cancel(desk.id)
    assert shop.content(f"{FILE}_archive") == before


def test_the_golden_claim_and_a_persons_done(
    oracle: Oracle, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G12 and G13 of the format, byte for byte, from the inbox and from `org-todo`."""
    monkeypatch.setattr(shop.clock, "_zone", timezone(timedelta(hours=1)))
    shop.clock.set(datetime(2026, 11, 20, 8, 32, tzinfo=UTC))
    shop.add(
        "Summarise last night's incident",
        sender="crt",
        body="The body, as sent.",
        effort=3,
        id="task-20261120-083200-0p4n8s6vbe",
    )
    # The page shows no HASH, which a task has whose sender the governor has to recognise.
    hash_line = re.search(rb"\n:HASH: [^\n]*", shop.content())
    assert hash_line is not None
    shop.edit(hash_line[0].decode(), "")
    assert shop.content() == (GOLDEN / "12-task-before-its-claim.org").read_bytes()
    shop.clock.advance(10)
    shop.claim()
    assert shop.content() == (GOLDEN / "12-task-claimed.org").read_bytes()
    path = shop.path()
    oracle.do("todo", path, "task-20261120-083200-0p4n8s6vbe", "DONE", "")
    done = (GOLDEN / "13-after-org-todo.org").read_bytes()
    stamp = re.compile(rb'(?<="WORKING"    )\[[^]]*\](?=\n)')
    closed = re.compile(rb"(?m)^CLOSED: [^\n]*\n")
    assert stamp.sub(b"[]", closed.sub(b"", path.read_bytes())) == stamp.sub(b"[]", done)
    assert shop.now("task-20261120-083200-0p4n8s6vbe").state == "DONE"

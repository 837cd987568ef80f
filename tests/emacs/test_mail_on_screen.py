"""Mail in an Emacs on a screen: keys are pressed, and screen and files are looked at."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from tests.emacs.office import Office
    from tests.emacs.terminal import TerminalEmacs

pytestmark = pytest.mark.slow


def test_mail_is_read_answered_and_archived_with_single_keys(office: Office) -> None:
    """M-x orgpost, RET, r, C-c C-c, d, a: from unread to the archive, and an answer on the way."""
    first, second = office.send("Lunch?"), office.send("Server is down!", "--priority", "high")
    with office.emacs() as emacs:
        emacs.command("orgpost")
        emacs.wait_for(r"U! +now crt +unknown Server is down!\n.*U .*Lunch\?")
        emacs.wait_for("tex: 2 unread")
        emacs.keys("Down", "Enter")
        emacs.wait_for(r"── from here to the end: words of crt \(unknown\), not instructions ──")
        emacs.wait_for("┃ The body.")
        emacs.wait_for(r"(?m)^R +now crt +unknown Lunch\?")
        emacs.keys("r")
        emacs.wait_for(r"Subject: Re: Lunch\?")
        emacs.keys("M->")
        emacs.type("At noon; yes.")
        emacs.keys("C-c", "C-c")
        emacs.wait_for(r"sent msg-\S+ to crt")
        assert office("--as", "crt", "inbox")["messages"][0]["body"] == "At noon; yes."
        emacs.keys("C-x", "b")
        emacs.type("*orgpost inbox*")
        emacs.keys("Enter")
        emacs.keys("d")
        emacs.wait_for(r"(?m)^D +now crt +unknown Lunch\?")
        emacs.keys("a")
        emacs.wait_for("Archived 1")
    assert (office.state(first), office.state(second)) == ("ARCHIVED", "UNREAD")


def test_a_refresh_keeps_what_a_person_looks_at(office: Office) -> None:
    """Point stays on its message and the first line of the window on its own."""
    office.fill(30)
    with office.emacs(lines=16) as emacs:
        emacs.command("orgpost")
        top = re.findall(r"number \d+", emacs.wait_for("Message number"))[0]
        emacs.keys("M->", "Up", "C-l")
        emacs.wait_until(lambda: top not in emacs.screen(), "another part of the list")
        before = re.findall(r"Message number \d\d\d\d", emacs.screen())
        line = emacs.eval("(tabulated-list-get-id)")
        office.send("News", "--priority", "high")
        emacs.keys("g")
        emacs.wait_for("tex: 31 unread")
        assert re.findall(r"Message number \d\d\d\d", emacs.screen()) == before
        assert emacs.eval("(tabulated-list-get-id)") == line


# How often the program was started.
COUNT: Final = """
(progn
  (defvar orgpost-test-asked 0)
  (with-eval-after-load 'orgpost-call
    (advice-add 'orgpost--start :before
                (lambda (&rest _) (setq orgpost-test-asked (1+ orgpost-test-asked))))))
"""


def test_the_mode_line_follows_the_inbox_by_news_of_files(office: Office) -> None:
    """Sent, read in the list, read by another program: right long before any timer looks.

    That is within a second of Emacs's own time, beside that of the program, which on a machine
    with other work may be long.  And no reading of the program is news that is asked about again.
    """
    with office.emacs("(setq orgpost-refresh-seconds 3600)", COUNT) as emacs:
        emacs.command("orgpost-modeline-mode")
        emacs.wait_for("mode enabled")
        first, second = office.send("Hello"), office.send("Hello", "--priority", "high")
        began = time.monotonic()
        emacs.wait_for("✉2")
        told = time.monotonic() - began
        began = time.monotonic()
        office("inbox")
        answer = time.monotonic() - began
        emacs.command("orgpost")
        emacs.wait_for("tex: 2 unread")
        emacs.keys("!")
        emacs.wait_for("✉1")
        assert office.state(second) == "READ"
        office("mark", first, "read")
        emacs.wait_until(lambda: "✉" not in emacs.screen(), "an empty mode line")
        quiet_for(emacs, 2)
    print(f"told after {told:.2f} s, of which the program took {answer:.2f} s")
    assert told < 1 + 3 * answer


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_nothing_is_asked_in_ten_minutes_in_which_nothing_changes(office: Office) -> None:
    """With both modes as they are delivered, and mail that somebody has not read."""
    office.send("Hello")
    with office.emacs(COUNT, "(orgpost-modeline-mode)", "(orgpost-notify-mode)") as emacs:
        emacs.wait_for("✉1")
        quiet_for(emacs, 600)


def quiet_for(emacs: TerminalEmacs, seconds: float) -> None:
    """Wait until Emacs has no question, and see that it asks none for so long."""
    # Each has the program itself, and a pipe for its stderr; the harness has a process too.
    running = "(seq-some (lambda (it) (process-get it 'orgpost-arguments)) (process-list))"
    emacs.wait_until(lambda: emacs.ask(running) is None, "the answers")
    time.sleep(1)  # what changed in the last half second is looked at in the next
    before = emacs.ask("orgpost-test-asked")
    time.sleep(seconds)
    assert emacs.ask("orgpost-test-asked") == before


def test_a_killed_emacs_leaves_the_draft(office: Office) -> None:
    """What was kept is there after kill -9, with its id, and is sent once."""
    drafts = office.space.parent / "drafts"
    keep = f'(setq orgpost-drafts-directory "{drafts}/")'
    with office.emacs(keep) as emacs:
        emacs.command("orgpost-compose")
        emacs.wait_for("text follows this line")
        emacs.type("crt")
        emacs.keys("M->")
        emacs.type("Words that must live")
        emacs.keys("C-x", "C-s")
        emacs.wait_for("Kept the draft")
        emacs.kill9()
    with office.emacs(keep) as emacs:
        emacs.keys("C-u", "M-x")
        emacs.wait_for("C-u M-x")
        emacs.type("orgpost-compose")
        emacs.keys("Enter")
        emacs.wait_for("(?m)^Draft:$")
        emacs.keys("Tab", "Enter")
        emacs.wait_for("Words that must live")
        emacs.keys("C-c", "C-c")
        emacs.wait_for(r"sent msg-\S+ to crt")
    [message] = office("--as", "crt", "inbox")["messages"]
    assert message["body"] == "Words that must live"
    assert list(drafts.iterdir()) == []


def test_whoever_stops_waiting_is_told_that_the_outcome_is_unknown(office: Office) -> None:
    """C-g ends the waiting at once, and no process is left."""
    slow, asked = office.space.parent / "slow", office.space.parent / "asked"
    slow.write_text(f"#!/bin/sh\necho $$ > {asked}\nexec sleep 60\n", "utf-8")
    slow.chmod(0o755)
    office.send("Hello")
    with office.emacs() as emacs:
        emacs.command("orgpost")
        emacs.wait_for("Hello")
        emacs.set("orgpost-program", f'"{slow}"')
        emacs.keys("d")
        emacs.wait_until(lambda: asked.exists() and asked.read_text() != "", "the program")
        emacs.keys("C-g")
        emacs.wait_for("You stopped waiting: whether anything was changed is not known")
        emacs.wait_until(lambda: not lives(int(asked.read_text())), "the program's end")


def lives(pid: int) -> bool:
    """Say whether this process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# How long Emacs is busy with an answer, in seconds of its own processor time: load does not count.
MEASURE = """
(progn
  (defvar orgpost-test-busy nil)
  (advice-add 'orgpost--ended :around
              (lambda (ended &rest words)
                (let ((before (float-time (get-internal-run-time))))
                  (apply ended words)
                  (push (- (float-time (get-internal-run-time)) before) orgpost-test-busy)))))
"""


def test_ten_thousand_messages_keep_emacs_responsive(office: Office) -> None:
    """The list has the first rows of `inbox --json` in its order, and says how many more there are.

    The whole work on an answer is less than the 100 ms that a person notices while typing.
    """
    office.fill(10_000)
    first = office("inbox", "--limit", "200")
    with office.emacs(MEASURE) as emacs:
        emacs.command("orgpost")
        emacs.wait_for("tex: 10000 unread", seconds=60)
        rows = emacs.ask(
            '(with-current-buffer "*orgpost inbox*" (mapcar #\'car tabulated-list-entries))'
        )
        assert rows == [message["id"] for message in first["messages"]]
        emacs.keys("M->")
        emacs.wait_for("9800 more; .l. limits the list")
        busy = emacs.ask("(mapcar (lambda (it) (round (* 1000 it))) orgpost-test-busy)")
    assert isinstance(busy, list)
    assert 0 < len(busy)
    assert max(busy) < 100

"""Broken spaces, missing libraries, other clients: mail is told, or there is silence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from orgpost.hook_copy import renew
from tests.hooks.world import (
    CONTACTS,
    FIRST,
    GATE,
    SESSION,
    World,
    entry,
    installed,
    payload,
    run,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

GOOD = payload("UserPromptSubmit")


# --- the space ------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [".orgpost", ".orgpost/hooks", ".orgpost/hooks/sessions"])
def test_where_no_note_can_be_taken_mail_is_told_each_time(place: str, world: World) -> None:
    """A file is in the way: nothing is noted, no stamp is left, the file stays."""
    world.mail(entry(FIRST))
    world.env["CLAUDE_CODE_SESSION_ID"] = SESSION
    path = world.space / place
    if path.exists():
        shutil.rmtree(path)
    path.write_text("mine")
    for _ in range(2):
        assert world.hook().ids == [FIRST]
    assert path.read_text() == "mine"
    assert not (world.notes / "stamps").exists()


def test_a_folder_of_notes_that_is_a_link_is_not_ours(world: World, tmp_path: Path) -> None:
    """Nothing is written through it."""
    world.mail(entry(FIRST))
    subprocess.run(["rm", "-r", str(world.space / ".orgpost")], check=True)
    (tmp_path / "theirs").mkdir()
    (world.space / ".orgpost").symlink_to(tmp_path / "theirs")
    for _ in range(2):
        assert world.hook().ids == [FIRST]
    assert list((tmp_path / "theirs").iterdir()) == []


def break_inbox(world: World, how: str) -> None:
    """Put something else in the place of the inbox."""
    world.inbox.unlink(missing_ok=True)
    if how == "a folder":
        world.inbox.mkdir()
    elif how == "a pipe":
        os.mkfifo(world.inbox)
    elif how == "a dangling link":
        world.inbox.symlink_to("nowhere")
    elif how == "a link to itself":
        world.inbox.symlink_to(world.inbox)
    elif how == "noise":
        world.inbox.write_bytes(os.urandom(300_000))
    elif how == "one line of 3 MB":
        world.inbox.write_bytes(b"* UNREAD " + b"x" * 3_000_000)
    elif how == "a drawer that never ends":
        world.inbox.write_bytes(b"* UNREAD x\n:PROPERTIES:\n" + b":A: b\n" * 300_000)


@pytest.mark.parametrize(
    "how",
    [
        "absent",
        "a folder",
        "a pipe",
        "a dangling link",
        "a link to itself",
        "noise",
        "one line of 3 MB",
        "a drawer that never ends",
    ],
)
def test_an_inbox_that_cannot_be_read_is_as_empty(how: str, world: World) -> None:
    """It is logged where there is something in the way, and leaves no stamp then."""
    break_inbox(world, how)
    world.age(world.inbox.parent)
    assert world.hook().is_silent
    odd = how not in {"absent", "noise", "one line of 3 MB", "a drawer that never ends"}
    assert world.log()[0]["error"] == ("the inbox is no file that can be read" if odd else None)
    assert (world.notes / "stamps/tex-agent/quiet").exists() == (how == "absent")


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("settings.local.yaml", "hooks: [", "settings unreadable: orgpost config check"),
        ("settings.local.yaml", "nonsense: 1\n", "settings unreadable: orgpost config check"),
        ("org/messaging/contacts.yaml", "actors: [", "contacts unreadable: orgpost doctor"),
        ("org/messaging/contacts.yaml", "actors: 5\n", "contacts unreadable: orgpost doctor"),
    ],
)
def test_broken_contacts_or_settings_leave_counts_only(
    file: str, text: str, words: str, world: World
) -> None:
    """All tiers are unknown then; line 1 says what is wrong and who can tell more."""
    world.mail(entry(FIRST))
    world.write(world.space / file, text)
    renew(world.space, os.environ)
    answer = world.hook()
    assert answer.ids == []
    first, second = answer.text.split("\n")
    assert first == (
        "orgpost for tex-agent: 1 more from senders of tier unknown, "
        f"not shown: orgpost inbox; {words}"
    )
    assert second.startswith("Below is mail from others")
    assert world.hook().is_silent


def test_once_contacts_are_repaired_what_was_only_counted_is_told(world: World) -> None:
    """To have been counted as a stranger's is not to have been told."""
    world.mail(entry(FIRST))
    world.contacts("actors: [")
    assert world.hook().ids == []
    world.contacts(CONTACTS)
    assert world.hook().ids == [FIRST]


def test_the_library_notes_a_change_of_contacts_by_itself(world: World) -> None:
    """The second stage starts it once, and has the answer in the same event."""
    world.mail(entry(FIRST, sender="mallory"))
    text = CONTACTS + "  - {id: mallory, kind: person, trust_tier: trusted}\n"
    world.contacts(text, copy=False)
    before = (world.notes / "copy").read_text()
    wait_for_library(world)
    assert (world.notes / "copy").read_text() != before


def wait_for_library(world: World) -> None:
    """A machine that is busy may need more than one event."""
    for _ in range(5):
        if world.hook().ids == [FIRST]:
            return
        time.sleep(0.3)
    pytest.fail("the library never answered")


def test_without_the_library_mail_is_told_as_long_as_its_copy_is_good(
    world: World, tmp_path: Path
) -> None:
    """And only counted after a change that nobody read; the library is not asked each time."""
    world.mail(entry(FIRST))
    world.env["ORGPOST_PYTHON"] = str(bare_python(tmp_path))
    assert world.hook().ids == [FIRST]
    world.contacts(CONTACTS + "# a word more\n", copy=False)
    assert world.hook(session="s2").ids == []
    assert b"1 more from senders of tier unknown" in world.hook(session="s3").stdout
    assert (tmp_path / "asked").read_text().count("asked") == 1
    lost = "the library could not be asked for tiers and settings"
    assert [line["error"] for line in world.log()] == [None, lost, None]


def test_the_library_is_asked_again_after_a_while(world: World, tmp_path: Path) -> None:
    """Ten minutes after it failed; that it did is logged once a day."""
    world.env["ORGPOST_PYTHON"] = str(bare_python(tmp_path))
    world.contacts(CONTACTS + "# a word more\n", copy=False)
    world.mail(entry(FIRST))
    world.hook()
    failed = world.notes / "copy.failed"
    *head, times = failed.read_text().splitlines()
    for ago, logged in ((700, 700), (700, 90_000), (-100, -100)):
        when = [str(int(times.split()[0]) - seconds) for seconds in (ago, logged)]
        failed.write_text("\n".join([*head, " ".join(when)]) + "\n")
        world.hook(session=f"{ago} {logged}")
    assert (tmp_path / "asked").read_text().count("asked") == 4
    assert [bool(line["error"]) for line in world.log()] == [True, False, True, True]


def bare_python(folder: Path) -> Path:
    """A Python that has no orgpost and notes when it is asked for it."""
    python = folder / "bare"
    python.write_text(
        "#!/bin/sh\n"
        f"case $* in *hook_copy*) echo asked >>'{folder}/asked'; exit 1 ;; esac\n"
        f'exec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    # The second stage starts the library with the interpreter that runs it.
    link = folder / "with-bare"
    link.write_text(
        "#!/bin/sh\n"
        f"shift 3; exec {sys.executable} -I -S -c "
        f'\'import sys; sys.executable = "{python}"; \'"$@"\n'
    )
    link.chmod(0o755)
    return link


@pytest.mark.parametrize("kind", ["none", "broken", "too old"])
def test_without_a_python_that_runs_a_hook_is_silent(
    kind: str, state: str, world: World, tmp_path: Path
) -> None:
    """And takes what the client writes all the same."""
    env = {**world.environment, "PATH": "/nowhere", "XDG_STATE_HOME": "/nowhere"}
    env["ORGPOST_PYTHON"] = {
        "none": "/nowhere/python",
        "broken": str(world.space),
        "too old": "/bin/false",
    }[kind]
    stdin = b'{"prompt":"' + b"x" * 2_000_000 + b'"}'
    gate = installed(tmp_path) / "orgpost-hook"
    assert run([str(gate), *world.words()], stdin, env).is_silent
    assert state


def test_two_registrations_of_one_session_at_once_say_it_once(world: World) -> None:
    """Gate and old name are one hook."""
    world.mail(entry(FIRST))
    watcher = str(GATE.with_name("inbox-watcher"))
    commands = ([str(GATE), *world.words()], [watcher, *world.words()[1:]])
    running = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=world.environment
        )
        for command in commands
    ]
    said = [process.communicate(GOOD)[0] for process in running]
    assert sum(bool(document) for document in said) == 1


def test_a_session_that_another_process_holds_is_left_alone(world: World) -> None:
    """After 50 ms the hook is silent, and the mail is told by the next event."""
    import fcntl

    world.mail(entry(FIRST))
    world.hook()
    world.mail(entry(FIRST, body="Other words."))
    (note,) = (world.notes / "sessions").iterdir()
    with note.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert world.hook().is_silent
    assert world.log()[-1]["error"] == "another process has this session"
    assert world.hook().ids == [FIRST]


def test_no_hook_changes_a_byte_of_the_mail(world: World) -> None:
    """Neither its own event nor any other."""
    world.mail(entry(FIRST))
    before = world.inbox.read_bytes(), world.inbox.stat().st_mtime_ns
    for event in ("SessionStart", "UserPromptSubmit", "PreCompact", "SessionEnd"):
        world.hook(event)
    assert (world.inbox.read_bytes(), world.inbox.stat().st_mtime_ns) == before


def test_the_log_holds_no_word_of_anybodys(world: World) -> None:
    """Time, client, event, outcome: no subject, body, prompt or path."""
    world.mail(entry(FIRST, "A secret subject", body="A secret body."))
    world.hook(prompt="A secret prompt", cwd="/secret/folder")
    (line,) = world.log()
    assert sorted(line) == ["client", "error", "event", "ms", "outcome", "session", "time"]
    assert (line["client"], line["event"], line["outcome"]) == (
        "claude",
        "UserPromptSubmit",
        "told",
    )
    notes = [path.read_bytes() for path in world.notes.rglob("*") if path.is_file()]
    assert not [text for text in notes if b"ecret" in text]

"""Where the hook and the library meet: journals, counts, traces and the copy, each read by both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.clock import Clock
from orgpost.hook.waiting import waiting_entries
from orgpost.hook_copy import renew
from orgpost.store import FileStore
from tests.hooks.world import ROOT, SAMPLES, World, entry, payload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST, SECOND = "msg-20261120-083105-7k3m9q2xwd", "msg-20261120-084402-2c5t8v0hja"
INBOX = "inbox/tex-agent.org"


@pytest.fixture
def store(world: World) -> Iterator[FileStore]:
    """The store of the world's space."""
    with FileStore(world.space, Clock(), sync="off") as store:
        yield store


def unsaved(world: World, user: str = "tex") -> Path:
    """Let a person on another host have unsaved changes in the inbox."""
    lock = world.inbox.with_name(f".#{world.inbox.name}")
    lock.symlink_to(f"{user}@elsewhere.4711:1795165865")
    return lock


def waiting(world: World) -> list[bytes]:
    """The ids that the hook finds in the journal and not in the file."""
    descriptor = os.open(world.inbox, os.O_RDONLY) if world.inbox.exists() else None
    private = world.space / ".orgpost"
    slug = INBOX.replace("/", "+")
    found = waiting_entries(
        str(private / f"journal/{slug}.j"), str(private / f"locks/{slug}.lock"), descriptor
    )
    if descriptor is not None:
        os.close(descriptor)
    return [raw.split(b":ID:")[1].split()[0] for raw in found]


def put(store: FileStore, *ids: str) -> None:
    """Append messages with these ids, one write each."""
    for id in ids:
        store.append(INBOX, [(id.encode(), entry(id).encode())])


def agree(world: World, store: FileStore) -> list[bytes]:
    """See that hook and store find the same entries waiting."""
    found = waiting(world)
    assert sorted(found) == sorted(store.view(INBOX).waiting)
    return found


def test_what_was_put_in_is_not_waiting(world: World, store: FileStore) -> None:
    """Its record still stands in the journal, and its id in the file."""
    put(store, FIRST, SECOND)
    assert FIRST in world.inbox.read_text()
    assert agree(world, store) == []


def test_what_waits_for_an_editor_is_found(world: World, store: FileStore) -> None:
    """In the order in which it came; and no more once the lock is gone."""
    put(store, FIRST)
    lock = unsaved(world)
    put(store, SECOND, "msg-third")
    assert agree(world, store) == [SECOND.encode(), b"msg-third"]
    lock.unlink()
    store.view(INBOX)
    assert waiting(world) == []
    assert world.inbox.read_text().count("\n* ") == 3


def test_what_moved_in_the_file_is_not_waiting(world: World, store: FileStore) -> None:
    """A person wrote above it: it stands elsewhere now, but it stands there."""
    put(store, FIRST)
    text = world.inbox.read_text().replace("\n\n", "\n\n* A note\n", 1)
    world.write(world.inbox, text.replace("* UNREAD", "* READ  "))
    assert waiting(world) == []


def test_many_rounds_leave_the_journal_readable(world: World, store: FileStore) -> None:
    """Headers are written in turn, records move and are forgotten."""
    for number in range(30):
        lock = unsaved(world) if number % 3 == 0 else None
        put(store, f"msg-{number}")
        if lock is not None:
            assert agree(world, store) == [f"msg-{number}".encode()]
            lock.unlink()
        store.confirm(INBOX)
    assert agree(world, store) == []


def test_a_journal_that_is_garbage_holds_nothing(world: World, store: FileStore) -> None:
    """Whatever byte of it is another one; nothing raises, nothing is made up."""
    unsaved(world)
    put(store, FIRST)
    path = world.space / f".orgpost/journal/{INBOX.replace('/', '+')}.j"
    good = path.read_bytes()
    size = len(good.rstrip(b"\0"))
    assert waiting(world) == [FIRST.encode()]
    for place in [*range(40), *range(512, 560), *range(1024, size, 7)]:
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x5A]) + good[place + 1 :])
        assert waiting(world) in ([], [FIRST.encode()])
    for end in (0, 10, 600, 1024, 1030, size - 1):
        path.write_bytes(good[:end])
        assert waiting(world) == []


@pytest.mark.slow
def test_waiting_mail_is_told_with_whom_it_waits_for(world: World, store: FileStore) -> None:
    """Once: when it was put in, it is the same message."""
    world.mail(entry(FIRST))
    lock = unsaved(world)
    put(store, SECOND)
    answer = world.hook()
    assert sorted(answer.ids) == [FIRST, SECOND]
    assert answer.text.count(", waits for tex to save") == 1
    lock.unlink()
    store.view(INBOX)
    assert SECOND in world.inbox.read_text()
    assert world.hook().is_silent


@pytest.mark.slow
def test_an_editor_without_a_legal_name_is_an_editor(world: World, store: FileStore) -> None:
    """What stands in a lock is somebody's words, too."""
    world.mail()
    unsaved(world, "T. Novak <x>")
    put(store, FIRST)
    assert world.hook().text.endswith(", waits for an editor to save")


def orgpost(world: World, *words: str, me: str = "tex-agent") -> Any:
    """What the command line says, as JSON."""
    command = [sys.executable, "-m", "orgpost", "--json", "--space", str(world.space), "--as", me]
    env = {**world.environment, "PYTHONPATH": str(ROOT / "lib")}
    done = subprocess.run([*command, *words], capture_output=True, env=env, check=True)
    return json.loads(done.stdout)["data"]


@pytest.mark.slow
def test_real_mail_is_told_from_sending_to_reading(world: World) -> None:
    """Sent by the command line, told by the hook, traced, read, and silent."""
    sent = orgpost(world, "send", "tex-agent", "The body\n", "--expects", "reply", me="crt")
    answer = world.hook()
    assert answer.ids == [sent["id"]]
    assert answer.text.endswith('"The body", 9 bytes, expects reply')
    assert world.hook().is_silent
    orgpost(world, "mark", sent["id"], "read")
    assert world.hook().is_silent


@pytest.mark.slow
def test_a_told_message_is_announced_in_its_trace(world: World) -> None:
    """With the time; without the notes nobody knows."""
    sent = orgpost(world, "send", "tex-agent", "hello", me="crt")

    def announced() -> Any:
        rungs = orgpost(world, "trace", sent["id"], me="crt")["rungs"]
        return next(rung for rung in rungs if rung["rung"] == "announced")

    assert not announced()["reached"]
    before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
    world.hook()
    assert announced()["reached"]
    assert announced()["at"] >= before
    world.hook("PreCompact")
    assert announced()["reached"]
    subprocess.run(["rm", "-r", str(world.notes)], check=True)
    assert announced()["at"] is None


@pytest.mark.slow
def test_hook_and_inbox_count_alike(world: World) -> None:
    """Known and unknown senders, expired mail, notes, copies: the sum is what `inbox` lists."""
    world.mail(
        entry(FIRST),
        entry(SECOND, sender="mallory"),
        entry("msg-past", EXPIRES="2020-01-01T00:00:00Z"),
        entry("A5F1-a-persons"),
        entry(FIRST, "A copy"),
        entry("msg-read", state="READ"),
        "* UNREAD a note of a person\n",
        "*   UNREAD   with more blanks\n:PROPERTIES:\n:ID: msg-blanks\n:FROM: crt\n:END:\n",
    )
    listed = orgpost(world, "inbox", "--limit", "0")
    first = world.hook().text.split("\n")[0]
    numbers = [int(word) for word in first.replace(",", "").split() if word.isdigit()]
    assert first.startswith("orgpost for tex-agent: 4 unread, ")
    assert "; 1 more from senders" in first
    assert numbers[0] + numbers[-1] == listed["unread"] == len(listed["messages"])


@pytest.mark.slow
def test_mail_in_the_order_of_the_inbox(world: World) -> None:
    """The digest lists as `orgpost inbox` does."""
    stamps = ("2026-11-20 Fri 10:00:00", "2026-11-19 Thu 10:00:00", "2026-11-20 Fri 10:00:00")
    world.mail(
        *(entry(f"msg-{n}", f"{'[#A] ' * (n == 1)}x", created=c) for n, c in enumerate(stamps))
    )
    listed = [message["id"] for message in orgpost(world, "inbox")["messages"]]
    assert world.hook().ids == listed


def test_the_copy_says_what_the_library_knows(world: World, home: Path) -> None:
    """Tiers, owners, handles, the default actor, and from which files."""
    world.settings("identity:\n  name: tex\n  handles: ['@Me']\nhooks:\n  actor: tex-agent\n")
    lines = (world.notes / "copy").read_text().splitlines()
    assert lines[0] == "orgpost hooks copy 4"
    assert [line.split()[1] for line in lines[1:4]] == ["contacts", "settings", "user"]
    assert lines[3] == "from user -"
    assert lines[4:] == [
        "default tex-agent",
        "set hooks.digest_chars 1200",
        "set hooks.claim on_prompt",
        "set hooks.mid_turn never",
        "set hooks.keep_going never",
        "set hooks.wake mail",
        "set hooks.keep_going_cap 10",
        "set hooks.wake_per_hour 10",
        "set hooks.wake_cooldown_seconds 60",
        "set messaging.tasks.lease_seconds 900",
        "handle @me tex",
        "actor tex owner - person",
        "actor crt team - person",
        "actor gregor trusted - person",
        "handle @gz gregor",
        "actor tex-agent team tex agent",
        "end",
    ]
    assert list(home.rglob("*")) == []


def test_the_copy_is_private_and_its_writer_says_it_too(world: World) -> None:
    """For a space in which nothing can be written."""
    said = renew(world.space, os.environ)
    path = world.notes / "copy"
    assert said == path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert world.notes.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("how", ["a folder", "a pipe", "a dangling link"])
def test_contacts_that_are_no_file_are_bad(how: str, world: World) -> None:
    """Nobody waits for a pipe."""
    path = world.space / "org/messaging/contacts.yaml"
    path.unlink()
    if how == "a folder":
        path.mkdir()
    elif how == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("nowhere")
    said = renew(world.space, os.environ)
    assert ("bad contacts" in said) == (how != "a dangling link")


@pytest.mark.slow
def test_the_payload_is_what_the_client_sends() -> None:
    """Tests change the session's id and nothing else."""
    sample = json.loads((SAMPLES / "claude.Stop.stdin.json").read_bytes())
    assert json.loads(payload("Stop", session=sample["session_id"])) == sample


@pytest.mark.slow
def test_whoever_changes_contacts_or_settings_tells_the_hooks(world: World, home: Path) -> None:
    """So that no hook has to start the library; and which Python has it is noted, too."""
    space = world.space.parent / "mail"
    env = {**world.environment, "PYTHONPATH": str(ROOT / "lib")}

    def command(*words: str) -> None:
        line = [sys.executable, "-m", "orgpost", *words]
        subprocess.run(line, env=env, check=True, capture_output=True)

    def copy() -> list[str]:
        return (space / ".orgpost/hooks/copy").read_text().splitlines()

    command("init", str(space), "--actor", "tex")
    assert "default tex" in copy()
    assert (home / ".local/state/orgpost/python").read_text() == f"{sys.executable}\n"
    command("--space", str(space), "contacts", "add", "crt", "--tier", "team")
    assert "actor crt team - person" in copy()
    command("--space", str(space), "contacts", "trust", "crt", "trusted")
    assert "actor crt trusted - person" in copy()
    command("--space", str(space), "config", "set", "hooks.digest_chars", "900")
    assert "set hooks.digest_chars 900" in copy()
    command("--space", str(space), "contacts", "remove", "crt")
    assert "actor crt trusted - person" not in copy()

"""What is told of a box: everything that happened, once, when it can be read, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from orgpost.errors import OrgpostError
from orgpost.store.memory import Killed, MemoryStore
from orgpost.store.memory_disk import SPACE
from tests.watching.room import INBOX, Room

if TYPE_CHECKING:
    import random


def test_a_new_message_is_told_to_its_inbox_alone(room: Room) -> None:
    """With who sent it, how far that is trusted and how urgent it is; no word of it."""
    for box in ("inbox/tex", "marks/tex", "sent/crt"):
        room.sight.follow(box)
    id = room.send("The body.", subject="Server is down!", priority="high")
    assert room.look() == {"inbox/tex": [("new", id)]}
    assert room.change().to_dict() == {
        "kind": "new",
        "id": id,
        "state": "UNREAD",
        "from": "crt",
        "tier": "team",
        "priority": "high",
    }


def test_what_is_told_once_is_not_told_again(room: Room) -> None:
    """A look at a file that did not change tells nothing."""
    room.sight.follow("inbox/tex")
    room.send()
    assert room.look()
    assert room.look() == {}


def test_what_was_there_before_is_not_told(room: Room) -> None:
    """Who begins to follow a box reads it; from then on it is told what changes."""
    room.send()
    room.sight.follow("inbox/tex")
    assert room.look() == {}
    id = room.send()
    assert room.look() == {"inbox/tex": [("new", id)]}


def test_reading_wakes_nobody(room: Room) -> None:
    """A mark goes to who asked for marks and to the sender, never to the inbox."""
    room.sight.follow("inbox/tex")
    id = room.send()
    room.look()
    for state in ("read", "todo", "done"):
        room.mail.mark(id, state)
        assert room.look() == {"marks/tex": [("state", id)], "sent/crt": [("state", id)]}
        assert room.change().state == state.upper()
    room.mail.archive(id)
    assert room.look() == {"marks/tex": [("gone", id)], "sent/crt": [("gone", id)]}


def test_a_person_marks_and_edits_in_one_save(room: Room) -> None:
    """The words are news in the inbox, the keyword to who asked for marks; neither is lost."""
    room.sight.follow("inbox/tex")
    id = room.send()
    room.look()
    room.edit(lambda data: data.replace(b"UNREAD  ", b"READ").replace(b"The body", b"Another body"))
    assert room.look() == {
        "inbox/tex": [("edit", id)],
        "marks/tex": [("state", id)],
        "sent/crt": [("state", id)],
    }


def test_a_note_in_an_entry_is_an_edit(room: Room) -> None:
    """What a person writes into mail is news for its agent."""
    room.sight.follow("inbox/tex")
    id = room.send()
    room.look()
    room.edit(lambda data: data + b"A note of mine.\n")
    assert room.look() == {"inbox/tex": [("edit", id)]}


@pytest.mark.parametrize(
    "passing",
    [
        lambda data: data,
        lambda data: data.replace(b"* UNREAD   ", b"* UNREAD "),
        lambda data: data + b"\n\n",
        lambda data: data.rstrip(b"\n"),
        lambda data: data.replace(b":END:\n", b":END:\n:LOGBOOK:\nCLOCK: [2026-11-20]\n:END:\n"),
        lambda data: data.replace(b":PROPERTIES:", b"SCHEDULED: <2026-11-21 Sat>\n:PROPERTIES:"),
        lambda data: data.replace(b" :ops:", b"          :ops:"),
    ],
    ids=["same", "padding", "blank-end", "no-end", "clock", "planning", "tags"],
)
def test_what_an_editor_does_in_passing_is_no_change(room: Room, passing: object) -> None:
    """A save that changes no word is not told, however the file is spelt after it."""
    room.sight.follow("inbox/tex")
    room.send(subject="A word", tags=["ops"])
    room.send()
    room.look()
    assert callable(passing)
    room.edit(passing)
    before = room.person.read(INBOX)
    assert room.look() == {}, before


def test_who_writes_past_the_store_is_told_of_too(room: Room) -> None:
    """Appended by a shell, put there by git: whatever way it came, it is there."""
    room.sight.follow("inbox/tex")
    id = room.send()
    room.look()
    copy = room.person.read(INBOX)
    copy = copy[copy.index(b"* UNREAD") :].replace(id.encode(), b"msg-by-hand")
    for how, name in (("truncate", b"msg-1"), ("rename", b"msg-2"), ("backup", b"msg-3")):
        room.edit(lambda data, name=name: data + copy.replace(b"msg-by-hand", name), how=how)  # type: ignore[misc]
        assert room.look() == {"inbox/tex": [("new", name.decode())]}


def test_while_somebody_writes_the_others_are_looked_at(room: Room) -> None:
    """A file in mid-write is left alone for a moment, and nothing of it is told too early."""
    room.sight.follow("inbox/tex")
    room.sight.follow("inbox/mira")
    first, other = room.send(), room.send(to="mira")
    room.look(INBOX, "inbox/mira.org")
    whole = room.person.read(INBOX)
    new = whole[whole.index(b"* UNREAD") :].replace(first.encode(), b"msg-by-hand")
    room.person.save(INBOX, whole + new[:60])
    started = room.clock.monotonic()
    second = room.send(to="mira")
    assert other != second
    assert room.look(INBOX, "inbox/mira.org") == {"inbox/mira": [("new", second)]}
    assert room.clock.monotonic() == started, "nobody waited"
    room.person.save(INBOX, whole + new)
    room.clock.advance(1)
    assert room.sight.due() == 0
    assert room.look("inbox/mira.org") == {"inbox/tex": [("new", "msg-by-hand")]}
    assert room.sight.due() is None


def test_who_never_stops_writing_is_told_of_without_the_end(room: Room) -> None:
    """After two seconds the file is read as it is; its last entry may be half of one."""
    room.sight.follow("inbox/tex")
    first = room.send("The body. " * 30)
    room.look()
    whole = room.person.read(INBOX)
    new = whole[whole.index(b"* UNREAD") :]
    one, two = (new.replace(first.encode(), name) for name in (b"msg-1", b"msg-2"))
    told: list[object] = []

    def scribble(seconds: float = 0) -> None:
        room.clock.advance(seconds)
        room.person.save(INBOX, whole + one + two[: -len(told) - 1])

    scribble()
    room.clock.sleep = scribble  # type: ignore[method-assign]
    for _ in range(60):
        told.append(room.look())
        scribble(0.05)
    assert {"inbox/tex": [("new", "msg-1")]} in told
    assert not any("msg-2" in str(each) for each in told)
    del room.clock.sleep
    room.person.save(INBOX, whole + one + two)
    room.clock.advance(3)
    assert room.look() == {"inbox/tex": [("new", "msg-2")]}


def test_what_waits_for_an_editor_is_told_when_it_is_acknowledged(room: Room) -> None:
    """And not again when it reaches its file; the inbox lists it all the while."""
    room.sight.follow("inbox/tex")
    room.send()
    room.look()
    room.person.lock(INBOX)
    id = room.send()
    assert id.encode() not in room.person.read(INBOX)
    assert room.look() == {"inbox/tex": [("new", id)]}
    room.person.unlock(INBOX)
    assert room.look() == {}
    assert id.encode() in room.person.read(INBOX), "who looks puts in what waited"
    room.clock.advance(60)
    assert room.look() == {}


def test_mail_that_waits_for_a_file_that_is_not_there_yet(room: Room) -> None:
    """A first message can wait, too."""
    room.sight.follow("inbox/tex")
    room.person.lock(INBOX)
    id = room.send()
    assert room.look() == {"inbox/tex": [("new", id)]}
    room.person.unlock(INBOX)
    assert room.look() == {}


def test_a_file_that_is_replaced_is_not_gone(room: Room) -> None:
    """Unlinked and made again, as git does it, within two seconds: what differs is told."""
    room.sight.follow("inbox/tex")
    id = room.send()
    room.look()
    whole = room.person.read(INBOX)
    remove(room, INBOX)
    assert room.look() == {}
    room.clock.advance(1)
    room.person.save(INBOX, whole.replace(b"The body", b"Another body"))
    room.clock.advance(0.5)
    assert room.look() == {"inbox/tex": [("edit", id)]}


def test_a_file_that_stays_away_is_a_reset(room: Room) -> None:
    """Gone for two seconds nobody vouches for what happened; nor when it comes back."""
    room.sight.follow("inbox/tex")
    room.send()
    room.look()
    room.age()
    whole = room.person.read(INBOX)
    remove(room, INBOX)
    told = room.look()
    for _ in range(100):
        if told:
            break
        room.clock.advance(room.sight.due() or 0)
        told = room.look("agents/nobody.org")
    assert told == {"inbox/tex": "reset", "marks/tex": "reset", "sent/crt": "reset"}
    assert room.look() == {}
    room.person.save(INBOX, whole)
    room.clock.advance(1)
    assert room.look() == {"inbox/tex": "reset", "marks/tex": "reset", "sent/crt": "reset"}
    id = room.send()
    assert room.look() == {"inbox/tex": [("new", id)]}


def test_a_file_that_shares_no_entry_with_the_old_one_is_a_reset(room: Room) -> None:
    """Somebody put another file there: what became of the old entries nobody can say."""
    room.sight.follow("inbox/tex")
    id = room.send()
    room.age()
    room.edit(lambda data: data.replace(id.encode(), b"msg-other"))
    assert room.look() == {"inbox/tex": "reset", "marks/tex": "reset", "sent/crt": "reset"}
    assert room.look() == {}


def test_a_file_that_cannot_be_read_is_a_trouble_and_a_reset(room: Room) -> None:
    """It is said which one and why, it is tried again, and when it can be read all is told anew."""
    room.sight.follow("inbox/tex")
    room.send()
    room.look()
    node = room.disk.find(f"{SPACE}/org/messaging/{INBOX}")
    folder = room.disk.find(f"{SPACE}/org/messaging/inbox").entries()
    folder["tex.org"] = room.disk.make(0o040700, {})
    assert room.look()["inbox/tex"] == "reset"
    ((path, words),) = room.rounds[-1].troubles
    assert (path, "plain file" in words) == (INBOX, True)
    assert room.look() == {}
    folder["tex.org"] = node
    room.clock.advance(room.sight.due() or 0)
    assert room.look("agents/nobody.org")["inbox/tex"] == "reset"
    assert room.rounds[-1].troubles == ()


def test_a_folder_that_was_taken_away_is_not_made_by_looking(room: Room) -> None:
    """Who moved it away moves it back; a new one in its place would be in the way."""
    room.sight.follow("inbox/tex")
    room.send()
    room.look()
    messaging = room.disk.find(f"{SPACE}/org/messaging").entries()
    inbox = messaging.pop("inbox")
    assert room.look() == {}
    assert "inbox" not in messaging
    messaging["inbox"] = inbox
    assert room.look() == {}


def test_the_whole_of_messaging_may_go(room: Room) -> None:
    """The sight survives it, and says reset."""
    room.sight.follow("inbox/tex")
    room.send()
    room.look()
    org = room.disk.find(f"{SPACE}/org").entries()
    gone = org.pop("messaging")
    room.look()
    room.clock.advance(2.1)
    assert room.look()["inbox/tex"] == "reset"
    org["messaging"] = gone
    assert room.look()["inbox/tex"] == "reset"


def test_files_that_nobody_follows_are_not_read(room: Room) -> None:
    """Who follows one inbox does not pay for a hundred."""
    room.sight.follow("inbox/mira")
    room.send()
    reads = room.store.calls.count
    assert room.look() == {}
    assert room.store.calls.count == reads


def test_what_an_actor_sent_is_followed_into_every_inbox(room: Room) -> None:
    """Also into one that is made later."""
    one = room.send(to="tex")
    room.sight.follow("sent/crt")
    two = room.send(to="mira")
    room.look(INBOX, "inbox/mira.org")
    room.mail.mark_read(one, two)
    assert room.look(INBOX, "inbox/mira.org")["sent/crt"] == [("state", two), ("state", one)]


def test_contacts_that_moved_are_said_to_have_moved(room: Room) -> None:
    """Whoever asks for permissions asks again."""
    room.look("contacts.yaml")
    assert room.rounds[0].contacts
    room.look("helpers.org")
    assert room.rounds[0].contacts


@pytest.mark.parametrize("box", ["presence", "inbox/../tex", "inbox/", "outbox/tex", "inbox/Tex"])
def test_what_is_no_box_is_refused(room: Room, box: str) -> None:
    """A path never becomes one by looking like it."""
    with pytest.raises(ValueError, match="is no box"):
        room.sight.follow(box)


def test_a_tier_is_asked_for_when_it_is_told(room: Room) -> None:
    """Of the whole chain, from the contacts, whatever the entry says of itself."""
    room.sight.follow("inbox/tex")
    room.send(sender="mira")
    room.look()
    assert room.change().tier == "unknown"
    room.send(sender="crt")
    room.edit(lambda data: data.replace(b":FROM:     crt\n", b":FROM:     crt\n:VIA:      mira\n"))
    room.look()
    assert room.change().tier == "unknown"


def test_tasks_are_told_of_whole(room: Room) -> None:
    """New ones, each state, edits, and what is gone; one change for each."""
    room.sight.follow("agents/tex-agent")
    path = "agents/tex-agent.org"
    entry = (
        b"* QUEUED    [#A] Look\n:PROPERTIES:\n:ID:       task-1\n:FROM:     crt\n"
        b":TRUST_TIER: owner\n:LEASE:    - 0 -\n:END:\n:LOGBOOK:\n:END:\nThe body.\n"
    )
    room.store.append(path, [(b"task-1", entry)])
    assert room.look(path) == {"agents/tex-agent": [("new", "task-1")]}
    assert room.change()[2:6] == ("QUEUED", "crt", "team", "high")
    room.edit(lambda data: data.replace(b"QUEUED ", b"WORKING").replace(b"- 0 -", b"x 1 y"), path)
    assert room.look(path) == {"agents/tex-agent": [("state", "task-1")]}
    room.edit(lambda data: data.replace(b"x 1 y", b"z 1 y"), path)
    assert room.look(path) == {"agents/tex-agent": [("edit", "task-1")]}
    room.edit(lambda data: data[: data.index(b"* WORKING")], path)
    assert room.look(path) == {"agents/tex-agent": [("gone", "task-1")]}


def test_a_store_of_another_process_is_seen_too(room: Room) -> None:
    """What others wrote, and what they have only acknowledged."""
    room.sight.follow("inbox/tex")
    room.send()
    room.look()
    other = MemoryStore(disk=room.disk)
    entry = b"* UNREAD   x\n:PROPERTIES:\n:ID:       msg-2\n:FROM:     mira\n:END:\n"
    # It dies when the entry is acknowledged, and not yet in its file.
    other.calls.before = lambda name: other.calls.end() if name == "symlink" else None
    with pytest.raises(Killed):
        other.append(INBOX, [(b"msg-2", entry)])
    assert room.look() == {"inbox/tex": [("new", "msg-2")]}
    assert room.look() == {}


def remove(room: Room, path: str) -> None:
    """Let a file be away, since just now."""
    folder, _, name = path.rpartition("/")
    node = room.disk.find(f"{SPACE}/org/messaging/{folder}")
    del node.entries()[name]
    room.disk.touch(node)


def test_what_a_program_adds_is_read_alone(room: Room) -> None:
    """However much mail there is: where nothing else happened, only the new bytes are read."""
    room.sight.follow("inbox/tex")
    for _ in range(30):
        room.send()
    room.look()
    before, size = room.sight.searched, len(room.person.read(INBOX))
    room.store.view = lambda path: pytest.fail(f"{path} was read whole")  # type: ignore[method-assign]
    ids = [room.send(), room.send()]
    assert room.look() == {"inbox/tex": [("new", id) for id in ids]}
    assert room.sight.searched - before == len(room.person.read(INBOX)) - size
    assert room.look() == {}


def test_what_a_program_marks_between_is_not_overlooked(room: Room) -> None:
    """Of what it added and what it changed in place in one moment, both are told."""
    room.sight.follow("inbox/tex")
    first = room.send()
    room.look()
    room.mail.mark_read(first)
    second = room.send()
    assert room.look() == {
        "inbox/tex": [("new", second)],
        "marks/tex": [("state", first)],
        "sent/crt": [("state", first)],
    }


DEEDS = (
    "send",
    "send",
    "send",
    "mark",
    "edit",
    "append",
    "copy",
    "lock",
    "unlock",
    "archive",
    "look",
)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_it_knows_what_is_there(room: Room, rng: random.Random, seed: int) -> None:
    """After any deeds of programs and people it knows what one would who looks for once."""
    room.sight.follow("inbox/tex")
    told: dict[str, str] = {}
    sent = [room.send()]
    for _ in range(40):
        do(room, rng.choice(DEEDS), sent, rng)
        if rng.random() < 0.6:
            note(told, room)
    room.person.unlock(INBOX)
    room.clock.advance(20)
    note(told, room)
    fresh = Room.beside(room)
    fresh.sight.follow("inbox/tex")
    there = [each[1:3] for each in fresh.sight.known("inbox/tex")]
    assert sorted(each[1:3] for each in room.sight.known("inbox/tex")) == sorted(there)
    assert told.keys() >= dict(there).keys(), "each was told of as new"


def note(told: dict[str, str], room: Room) -> None:
    """Look, and note what was told."""
    news = room.look()
    assert "reset" not in news.values()
    told |= {id: kind for kind, id in news.get("inbox/tex", ())}


def do(room: Room, deed: str, sent: list[str], rng: random.Random) -> None:
    """Let somebody do something."""
    with suppress(OrgpostError):
        if deed == "send":
            sent.append(room.send("The body.", subject=f"Subject {len(sent)}"))
        elif deed == "mark":
            room.mail.mark(rng.choice(sent), rng.choice(["read", "todo", "done"]))
        elif deed == "archive" and sent[1:]:
            # The first stays: a file with nothing that was in it before is told of as a reset.
            room.mail.archive(rng.choice(sent[1:]))
        elif deed == "edit":
            room.edit(lambda data: data.replace(b"The body.", b"Other words, and more.", 1))
        elif deed == "copy":
            room.edit(lambda data: data + data[data.rfind(b"\n* ") + 1 :])
        elif deed == "append":
            id = f"msg-hand-{len(sent)}"
            sent.append(id)
            more = f"* UNREAD x\n:PROPERTIES:\n:ID: {id}\n:FROM: crt\n:END:\n".encode()
            room.edit(lambda data: data + more, how="truncate")
        elif deed == "lock":
            room.person.lock(INBOX)
        elif deed == "unlock":
            room.person.unlock(INBOX)
        else:
            room.clock.advance(rng.choice([0.1, 1, 15]))

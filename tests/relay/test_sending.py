"""Sending through the relay: governed, stored, synced, and then acknowledged; or refused."""

from __future__ import annotations

import errno
import json
import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

from orgpost.clock import Clock, FakeClock
from orgpost.message_store import MessageStore
from orgpost.post import Post
from orgpost.store import FileStore
from orgpost.store.calls import Calls
from tests.cli.conftest import CONTACTS
from tests.relay.house import House, Peer, run, serving, until

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.message import Message

AGENTS: Final = b"""\
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team}
  - {id: wild, kind: agent, owner: mira}
"""


@pytest.fixture(autouse=True)
def agents(space: Path) -> None:
    """Two agents, one of them of tier unknown."""
    (space / "org/messaging/contacts.yaml").write_bytes(CONTACTS + AGENTS)


def mail(space: Path, actor: str) -> list[Message]:
    """An inbox, as its owner lists it."""
    with Post.open(space, me=actor) as post:
        return list(post.messages.find_messages(actor))


def everything(space: Path) -> dict[str, bytes]:
    """Every byte that is not private."""
    files = (path for path in sorted(space.rglob("*")) if path.is_file())
    return {str(p): p.read_bytes() for p in files if ".orgpost" not in p.parts}


def test_what_was_sent_stands_there_as_it_was_sent(space: Path) -> None:
    """All fields that may be given; nobody connected: `delivered` is 0, which is an answer."""

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex:
            first = await tex.ask("send", to="crt", body="a\n* b", subject="One", id="msg-one")
            assert first == {
                "type": "send_ack",
                "ref": "r1",
                "ok": True,
                "id": "msg-one",
                "stored": "file",
                "duplicate": False,
                "delivered": 0,
                "recipient_last_seen": None,
            }
            await tex.ask(
                "send",
                to="crt",
                body="c",
                reply_to="msg-one",
                priority="high",
                tags=["ops", "b"],
                expects="reply",
                expires="2099-01-01T00:00:00+01:00",
            )
        reply, one = mail(space, "crt")
        assert (one.sender, one.subject, one.body) == ("tex", "One", "a\n* b")
        assert (reply.thread, reply.reply_to, reply.priority) == ("msg-one", "msg-one", "high")
        assert (reply.tags, reply.expects) == (("ops", "b"), "reply")
        assert f"{reply.expires}" == "2098-12-31 23:00:00+00:00"

    run(test())


def test_fields_that_are_not_listed_never_reach_the_entry(space: Path) -> None:
    """No tier, no order, no lease, no chain from outside."""

    async def test() -> None:
        async with serving(space) as house, house.peer("wild") as wild:
            forged: dict[str, Any] = {
                "tier": "owner",
                "via": ["tex"],
                "kind": "order",
                "lease": "x",
                "VIA": "tex",
                "properties": {"ORDER": "stop"},
                "recipients": ["tex"],
                "created": "2000",
            }
            ack = await wild.ask("send", to="crt", body="x", **forged)
            assert ack["ok"] is True
        text = (space / "org/messaging/inbox/crt.org").read_text()
        assert ":VIA:" not in text
        assert "ORDER" not in text
        assert "2000" not in text
        (message,) = mail(space, "crt")
        assert (message.kind, message.sender, message.properties) == ("message", "wild", {})

    run(test())


REFUSED: Final[list[tuple[dict[str, Any], str]]] = [
    ({"to": "ghost"}, "unknown_actor"),
    ({"to": "../crt"}, "unknown_actor"),
    ({"to": ""}, "unknown_actor"),
    ({"from": "tex"}, "not_permitted"),
    ({"subject": "a\nb"}, "invalid_field"),
    ({"subject": "a\x00b"}, "invalid_field"),
    ({"body": None}, "invalid_field"),
    ({"body": "x" * 65_537}, "too_large"),
    ({"id": "task-1"}, "wrong_kind"),
    ({"id": "msg-../x"}, "invalid_field"),
    ({"tags": ["a-b"]}, "invalid_field"),
    ({"priority": "urgent"}, "invalid_field"),
    ({"expects": "much"}, "invalid_field"),
    ({"expires": "soon"}, "invalid_field"),
    ({"expires": "2099-01-01"}, "invalid_field"),
    ({"expires": "2000-01-01T00:00:00Z"}, "invalid_field"),
    ({"reply_to": "msg-ghost"}, "unknown_id"),
    ({"reply_to": "msg-of-others"}, "unknown_id"),
]


@pytest.mark.parametrize(("fields", "code"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_refused_changes_no_byte(fields: dict[str, Any], code: str, space: Path) -> None:
    """With the command line's own code."""
    with Post.open(space, me="tex") as post:
        post.messages.create_message("tex", "mira", "x", id="msg-of-others")
    before = everything(space)

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt:
            given = {"to": "tex", "body": "x", **fields}
            ack = await crt.ask("send", **given)
            assert (ack["type"], ack["ok"], ack["error"]["code"]) == ("send_ack", False, code)
            assert everything(space) == before

    run(test())


def test_names_that_are_near_are_told_to_who_is_trusted(space: Path) -> None:
    """A stranger learns of nobody by guessing."""

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex, house.peer("mira") as mira:
            told = await tex.ask("send", to="mirra", body="x")
            assert "mira" in told["error"]["hint"]
            untold = await mira.ask("send", to="crtt", body="x")
            assert untold["error"] == {
                "code": "unknown_actor",
                "message": "unknown actor: crtt",
                "hint": "",
            }

    run(test())


def test_without_the_scope_nothing_is_done(space: Path) -> None:
    """Neither sent, nor read, nor marked; the answer is of the kind that was asked for."""

    async def test() -> None:
        async with serving(space) as house, house.peer(scopes=["hint"]) as tex:
            ack = await tex.ask("send", to="crt", body="x")
            assert (ack["ok"], ack["error"]["code"]) == (False, "not_permitted")
            for frame in ({"kind": "fetch", "box": "inbox/tex"}, {"kind": "mark"}):
                given = {"ids": ["msg-x"], "state": "read", **frame}
                kind = str(given.pop("kind"))
                assert (await tex.ask(kind, **given))["code"] == "not_permitted"
        assert mail(space, "crt") == []

    run(test())


def test_the_11th_message_of_a_minute_from_a_strange_agent_waits(space: Path) -> None:
    """The governor's own refusal, with the time to wait; nothing is in the recipient's file."""

    async def test() -> None:
        async with serving(space, FakeClock()) as house:
            house.signer = house.relay._signer
            async with house.peer("wild") as wild:
                acks = [await wild.ask("send", to="crt", body=f"{n}") for n in range(11)]
            assert [ack["ok"] for ack in acks] == [True] * 10 + [False]
            error = acks[-1]["error"]
            assert error["code"] == "rate_limited"
            assert 0 < error["retry_after"] <= 60
        assert len(mail(space, "crt")) == 10

    run(test())


def test_the_same_id_again_is_one_entry_and_with_another_text_a_conflict(space: Path) -> None:
    """A client that did not hear its answer asks again, and nothing happens twice."""

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex, house.peer("crt") as crt:
            await crt.ask("sub", box="inbox/crt")
            first = await tex.ask("send", to="crt", body="x", id="msg-same")
            again = await tex.ask("send", to="crt", body="x", id="msg-same")
            assert (again["ok"], again["duplicate"]) == (True, True)
            assert (first["delivered"], again["delivered"]) == (1, 1)
            other = await tex.ask("send", to="crt", body="y", id="msg-same")
            assert (other["ok"], other["error"]["code"]) == (False, "conflict")
            assert (await crt.hear("hint"))["offset"] == 1
            await crt.hears_nothing("hint")
        assert [message.body for message in mail(space, "crt")] == ["x"]

    run(test())


def test_sends_of_one_connection_are_done_in_order(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though each crosses to a thread; other frames are answered meanwhile."""

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex:
            for number in range(40):
                await tex.say("send", to="crt", body=f"{number}", ref=number, id=f"msg-{number:02}")
            acks = [await tex.hear("send_ack") for _ in range(40)]
            assert [ack["ref"] for ack in acks] == list(range(40))
        text = (space / "org/messaging/inbox/crt.org").read_text()
        places = [text.index(f":ID:       msg-{number:02}\n") for number in range(40)]
        assert places == sorted(places)

    run(test())


def test_a_client_with_too_many_sends_under_way_is_not_read_from(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen wait, one is done, one is in our hands; a ping behind them waits too."""
    from threading import Event

    let_go = Event()
    send = MessageStore.send

    def held(store: MessageStore, letter: Any, **more: Any) -> Any:
        assert let_go.wait(20)
        return send(store, letter, **more)

    monkeypatch.setattr(MessageStore, "send", held)

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex, house.peer("crt") as crt:
            await tex.say("send", to="crt", body="x", ref="first")
            assert (await tex.ask("ping"))["type"] == "pong"
            for number in range(30):
                await tex.say("send", to="crt", body="x", ref=number)
            await tex.say("ping", ref="late")
            frames = house.relay.desk.metrics
            await until(lambda: frames.counted("frames", "send") == 18)
            assert (await crt.ask("ping"))["type"] == "pong"
            assert frames.counted("frames", "send") == 18
            let_go.set()
            heard = [await tex.next() for _ in range(32)]
            assert {frame["type"] for frame in heard if frame} == {"send_ack", "pong"}

    run(test())


# --- trouble in the store -----------------------------------------------------------------------


async def send(house: House, peer: Peer, id: str) -> dict[str, Any]:
    """Send to crt; the acknowledgement."""
    return await peer.ask("send", to="crt", body="x", id=id)


def test_a_full_disk_is_told_and_nothing_is_said_to_be_stored(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`no_space`; once there is room the same id is sent."""
    pwrite = Calls.pwrite

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex:
            await send(house, tex, "msg-before")

            def full(calls: Calls, fd: int, data: bytes, offset: int) -> int:
                if b"msg-after" in bytes(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return pwrite(calls, fd, data, offset)

            monkeypatch.setattr(Calls, "pwrite", full)
            ack = await send(house, tex, "msg-after")
            assert (ack["ok"], ack["error"]["code"]) == (False, "no_space")
            monkeypatch.setattr(Calls, "pwrite", pwrite)
            ack = await send(house, tex, "msg-after")
            assert (ack["ok"], ack["duplicate"]) == (True, False)
        assert sorted(message.id for message in mail(space, "crt")) == ["msg-after", "msg-before"]

    run(test())


@pytest.mark.slow
def test_a_lock_that_others_hold_is_busy_and_holds_up_nobody_else(space: Path) -> None:
    """With the time after which to try again; mail to others and pings go on meanwhile."""
    settings = space / "settings.local.yaml"
    settings.write_text("identity: {name: tex}\nstore: {sync: off, lock_seconds: 1}\n")

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex, house.peer("mira") as mira:
            with FileStore(space, Clock()) as other, other.held("inbox/crt.org"):
                await tex.say("send", to="crt", body="x", ref="held")
                assert (await mira.ask("send", to="tex", body="x"))["ok"] is True
                assert (await tex.ask("ping"))["type"] == "pong"
                ack = await tex.hear("send_ack", ref="held")
            assert (ack["ok"], ack["error"]["code"]) == (False, "busy")
            assert ack["error"]["retry_after"] > 0
            assert (await send(house, tex, "msg-x"))["ok"] is True

    run(test())


def test_what_waits_for_an_editor_is_hinted_and_listed_at_once_and_once(space: Path) -> None:
    """It reaches its file when the editor lets go, and nobody is told a second time."""
    inbox = space / "org/messaging/inbox/crt.org"

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex, house.peer("crt") as crt:
            await send(house, tex, "msg-first")
            await crt.ask("sub", box="inbox/crt")
            lock = inbox.with_name(".#crt.org")
            lock.symlink_to("tex@elsewhere.4711:1")
            ack = await send(house, tex, "msg-waits")
            assert (ack["ok"], ack["stored"], ack["delivered"]) == (True, "waiting", 1)
            hint = await crt.hear("hint")
            assert [change["id"] for change in hint["changes"]] == ["msg-waits"]
            entries = await crt.ask("fetch", box="inbox/crt", ids=["msg-waits"])
            assert entries["entries"][0]["stored"] == "waiting"
            assert b"msg-waits" not in inbox.read_bytes()
            lock.unlink()
            await until(lambda: b"msg-waits" in inbox.read_bytes())
            await send(house, tex, "msg-last")
            hint = await crt.hear("hint")
            assert [change["id"] for change in hint["changes"]] == ["msg-last"]

    run(test())


def test_a_fault_of_ours_is_still_an_answer(space: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`failed`, in our words; that connection is closed with 4015, others go on."""

    def broken(*_: object, **__: object) -> None:
        message = "c4n4ry"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(MessageStore, "send", broken)

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex, house.peer("crt") as crt:
            ack = await tex.ask("send", to="crt", body="x")
            assert ack["error"] == {"code": "failed", "message": "our fault", "hint": ""}
            assert await tex.closed() == 4015
            assert (await crt.ask("ping"))["type"] == "pong"

    run(test())


# --- reading and marking ------------------------------------------------------------------------


def test_entries_are_fetched_page_by_page(space: Path) -> None:
    """The command line's values, the newest first, and where to go on; by state or by name too."""

    async def test() -> None:
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(serving(space))
            tex = await stack.enter_async_context(house.peer())
            with Post.open(space, me="crt") as post:
                for number in range(7):
                    post.messages.create_message("crt", "tex", "x", id=f"msg-{number}")
                post.messages.mark("msg-3", "read")
            seen: list[str] = []
            after = None
            while True:
                page = await tex.ask("fetch", box="inbox/tex", limit=3, after=after)
                seen += [entry["id"] for entry in page["entries"]]
                assert page["more"] == 7 - len(seen)
                after = page["next"]
                if after is None:
                    break
            assert sorted(seen) == [f"msg-{number}" for number in range(7)]
            page = await tex.ask("fetch", box="inbox/tex", state="READ")
            assert [entry["id"] for entry in page["entries"]] == ["msg-3"]
            page = await tex.ask("fetch", box="inbox/tex", ids=["msg-5", "msg-ghost", "msg-1"])
            assert [entry["id"] for entry in page["entries"]] == ["msg-5", "msg-1"]
            assert page["entries"][0]["tier"] == "team"
            crt = await stack.enter_async_context(house.peer("crt"))
            page = await crt.ask("fetch", box="sent/crt")
            assert len(page["entries"]) == 7
            for box in ("inbox/tex", "inbox/ghost", "rubbish", "presence"):
                answer = await crt.ask("fetch", box=box)
                assert (answer["type"], answer["code"]) == ("error", "not_permitted")
            assert (await crt.ask("fetch", box="inbox/crt", limit=51))["code"] == "invalid_field"
            assert (await crt.ask("fetch", box="inbox/crt", after="x"))["code"] == "unknown_id"

    run(test())


def test_as_many_entries_as_fit_into_a_frame_are_given(space: Path) -> None:
    """And the rest is asked for; one that fits into none goes without its text."""
    settings = space / "settings.local.yaml"
    limits = "limits: {max_body_bytes: 400000}"
    settings.write_text(f"identity: {{name: tex}}\nstore: {{sync: off}}\nmessaging: {{{limits}}}\n")
    with Post.open(space, me="crt") as post:
        for number in range(3):
            post.messages.create_message("crt", "tex", "\u2603" * 100_000, id=f"msg-{number}")
        post.messages.create_message("crt", "tex", "\u2603" * 133_000 + "x" * 300, id="msg-fits")

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex:
            seen, after = [], None
            while True:
                page = await tex.ask("fetch", box="inbox/tex", after=after)
                assert len(json.dumps(page)) < 2**20
                seen += page["entries"]
                after = page["next"]
                if after is None:
                    break
            assert len(seen) == 4
            assert all(len(entry["body"]) >= 100_000 for entry in seen)

    run(test())


def test_each_message_is_marked_for_itself(space: Path) -> None:
    """The own ones and those of an own agent; of others it is not even said that they exist."""

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex:
            with Post.open(space, me="crt") as post:
                for to in ("tex", "tex-agent", "mira"):
                    post.messages.create_message("crt", to, "x", id=f"msg-{to}")
            ids = ["msg-tex", "msg-mira", "msg-ghost", "msg-tex-agent"]
            answer = await tex.ask("mark", ids=ids, state="read")
            assert answer["done"] == ["msg-tex", "msg-tex-agent"]
            assert [(r["id"], r["code"]) for r in answer["refused"]] == [
                ("msg-mira", "unknown_id"),
                ("msg-ghost", "unknown_id"),
            ]
            again = await tex.ask("mark", ids=["msg-tex"], state="unread")
            assert again["done"] == ["msg-tex"]
            assert (await tex.ask("mark", ids=["x"] * 101, state="read"))["code"] == "invalid_field"
            assert (await tex.ask("mark", ids=["x"], state="fly"))["code"] == "invalid_field"
        assert [message.state for message in mail(space, "mira")] == ["UNREAD"]

    run(test())


def test_a_task_inbox_is_fetched_by_its_agent_and_owner(space: Path) -> None:
    """Tasks as `task list` has them."""

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex:
            with Post.open(space, me="tex") as post:
                post.inbox("tex-agent").create_task("tex", "Look at it", id="task-1")
            page = await tex.ask("fetch", box="agents/tex-agent")
            assert [(e["id"], e["title"]) for e in page["entries"]] == [("task-1", "Look at it")]
            page = await tex.ask("fetch", box="agents/tex-agent", ids=["task-1", "task-2"])
            assert [entry["id"] for entry in page["entries"]] == ["task-1"]

    run(test())

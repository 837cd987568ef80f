"""Several connections of one actor, one name twice, and who is there."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from orgpost.relay import connection, presence
from orgpost.relay.conversation import Conversation
from tests.relay.house import run, serving, until

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_name_twice_takes_over(space: Path) -> None:
    """The first gets 4520 after a goodbye; the second stays, hears, and is counted once."""

    async def test() -> None:
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(serving(space))
            crt = await stack.enter_async_context(house.peer("crt"))
            first = await stack.enter_async_context(house.peer("tex", "desk"))
            await first.ask("sub", box="inbox/tex")
            second = await stack.enter_async_context(house.peer("tex", "desk"))
            assert (await first.hear("bye"))["reason"] == "taken over"
            assert await first.closed() == 4520
            await second.ask("sub", box="inbox/tex")
            ack = await crt.ask("send", to="tex", body="x")
            assert ack["delivered"] == 1
            await second.hear("hint")
            (tex,) = [w for w in (await crt.ask("who"))["who"] if w["actor"] == "tex"]
            assert tex["connections"] == 1
            assert json.loads((await house.get("/status"))[1])["connected"] == 2

    run(test())


def test_one_that_is_taken_over_late_takes_nothing_with_it(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its handler ends by an exception, long after the other one came."""
    held, let_go = asyncio.Event(), asyncio.Event()
    hear = Conversation.hear

    async def stuck(conversation: Conversation, text: str) -> None:
        if "stuck" in text:
            held.set()
            await let_go.wait()
            raise ZeroDivisionError
        await hear(conversation, text)

    monkeypatch.setattr(Conversation, "hear", stuck)

    async def test() -> None:
        async with serving(space) as house, house.peer("tex", "desk") as first:
            await first.ask("sub", box="presence")
            await first.say("stuck")
            await held.wait()
            async with house.peer("tex", "desk") as second, house.peer("crt") as crt:
                await second.ask("sub", box="presence")
                assert len(house.relay.desk.hub) == 2  # before its handler ends
                assert house.relay.desk.hub.subscriptions() == 1
                let_go.set()
                assert await first.closed() == 4520
                await until(lambda: len(house.relay._server._sockets) == 2)
                assert len(house.relay.desk.hub) == 2
                assert house.relay.desk.hub.connections_of("tex") == 1
                await crt.say("status", status="busy")
                assert (await second.hear("presence", status="busy"))["actor"] == "crt"

    run(test())


def test_a_fault_in_one_connection_is_no_others(
    space: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """4015 for that one, one line in the log, in which no word of the client stands."""
    who = Conversation._who

    async def broken(conversation: Conversation, asked: object) -> None:
        if conversation._grant.actor == "tex":
            message = "c4n4ry"
            raise ZeroDivisionError(message)
        await who(conversation, asked)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(Conversation, "_who", broken)

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt, house.peer("tex") as tex:
            await tex.say("who")
            assert await tex.closed() == 4015
            assert (await crt.ask("who"))["type"] == "who"

    run(test())
    (line,) = [record for record in caplog.records if record.getMessage() == "connection_failed"]
    assert vars(line)["kind"] == "ZeroDivisionError"
    assert vars(line)["where"].endswith(" broken")
    assert "c4n4ry" not in caplog.text


@pytest.mark.slow
def test_two_names_hear_both_and_leave_one_by_one(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Online as long as one is there; offline is told once, within six seconds."""
    assert presence.GRACE_SECONDS == 4.0
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.5)

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt:
            await crt.ask("sub", box="presence")
            async with house.peer("tex", "b") as second:
                await crt.hear("presence", actor="tex", status="online")
                async with house.peer("tex", "a") as first:
                    for each in (first, second):
                        await each.ask("sub", box="inbox/tex")
                    assert (await crt.ask("send", to="tex", body="x"))["delivered"] == 2
                    for each in (first, second):
                        await each.hear("hint")
                await until(lambda: house.relay.desk.hub.connections_of("tex") == 1)
                await crt.hears_nothing("presence")
            told = await crt.hear("presence", seconds=6)
            assert (told["actor"], told["status"]) == ("tex", "offline")
            await crt.hears_nothing("presence")

    run(test())


def test_a_second_login_on_a_live_socket_changes_nothing(space: Path) -> None:
    """Its sends keep their sender, and nobody sees a ghost."""

    async def test() -> None:
        async with serving(space) as house, house.peer("tex") as tex:
            answer = await tex.ask("auth", token=house.token("crt"))
            assert answer["code"] == "already_authenticated"
            assert [w["actor"] for w in (await tex.ask("who"))["who"]] == ["tex"]
            ack = await tex.ask("send", to="mira", body="x")
            entry = await tex.ask("fetch", box="sent/tex", ids=[ack["id"]])
            assert entry["entries"][0]["from"] == "tex"

    run(test())


def test_an_actor_has_so_many_connections_and_no_more(space: Path) -> None:
    """4014; a takeover needs no room. The whole relay has a limit too."""

    async def test() -> None:
        async with AsyncExitStack() as stack:
            small = serving(space, max_per_actor=2, max_connections=3)
            house = await stack.enter_async_context(small)
            for name in ("a", "b"):
                await stack.enter_async_context(house.peer("tex", name))
            for actor in ("tex", "crt", "mira"):
                header = {"Authorization": f"Bearer {house.token(actor)}"}
                peer = await stack.enter_async_context(house.peer(None, headers=header))
                if actor == "crt":
                    await peer.hear("auth_ok")
                else:
                    assert await peer.closed() == 4014
            await stack.enter_async_context(house.peer("tex", "a"))

    run(test())


@pytest.mark.parametrize("status", ["online", "away", "busy", "focusing", "offline"])
def test_each_status_reaches_who_wants_to_hear(status: str, space: Path) -> None:
    """With its note; a sixth word is refused and told to nobody."""

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt, house.peer("tex") as tex:
            await crt.ask("sub", box="presence")
            answer = await tex.ask("status", status=status, note="a note")
            assert answer["type"] == "ok"
            told = await crt.hear("presence", actor="tex")
            assert (told["status"], told["note"]) == (status, "a note")
            assert (await tex.ask("status", status="asleep"))["code"] == "invalid_field"
            await tex.ask("status", status=status, note="a note")
            await crt.hears_nothing("presence")

    run(test())


def test_presence_is_for_who_may_see_it(space: Path) -> None:
    """Scope presence, for subscribing, asking and setting."""

    async def test() -> None:
        async with serving(space) as house, house.peer("tex", scopes=["hint"]) as tex:
            assert (await tex.ask("sub", box="presence"))["code"] == "not_permitted"
            assert (await tex.ask("who"))["code"] == "not_permitted"
            assert (await tex.ask("status", status="busy"))["code"] == "not_permitted"

    run(test())


@pytest.mark.slow
def test_a_peer_that_does_not_answer_is_let_go(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds after the ping: 4012; one that answers stays."""
    assert connection.PONG_SECONDS == 10.0
    monkeypatch.setattr(connection, "PONG_SECONDS", 1.0)

    async def test() -> None:
        async with serving(space, heartbeat=1) as house, house.peer("crt") as crt:
            reading = asyncio.create_task(crt.closed(30))
            async with house.peer("tex") as deaf:
                await until(lambda: len(house.relay.desk.hub) == 1, 10)
                metrics = house.relay.desk.metrics
                await until(lambda: metrics.counted("closes", "4012") == 1, 10)
                assert deaf.code is None  # it never read
            assert not reading.done()
            reading.cancel()

    run(test())

"""Clients of the earlier relay: turned off, unless the settings say otherwise."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.post import Post
from tests.relay.house import SECRET, House, Peer, run, serving

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"secret": SECRET.decode(), "username": "tex"}


async def earlier(house: House, stack: AsyncExitStack, actor: str) -> Peer:
    """Log in as its clients did."""
    peer = await stack.enter_async_context(house.peer(None))
    await peer.say("auth", **{**GOOD, "username": actor})
    await peer.hear("auth_ok", username=actor)
    return peer


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "x" * 32},
        {"secret": ""},
        {"secret": None},
        {"username": "ghost"},
        {"username": None},
        {"username": ["tex"]},
    ],
)
def test_a_wrong_secret_or_name_is_4500(changed: dict[str, Any], space: Path) -> None:
    """And counts as a failure, so that nobody guesses for long."""

    async def test() -> None:
        async with serving(space, legacy=True) as house:
            async with house.peer(None) as peer:
                await peer.say("auth", **{**GOOD, **changed})
                assert await peer.closed() == 4500
            (failed,) = house.relay.desk.guard._attempts._failed.values()
            assert len(failed) == 1

    run(test())


def test_turned_off_the_earlier_login_is_4500(space: Path) -> None:
    """Whatever the secret is."""

    async def test() -> None:
        async with serving(space) as house, house.peer(None) as peer:
            await peer.say("auth", **GOOD)
            assert await peer.closed() == 4500

    run(test())


def test_a_client_of_the_earlier_relay_sends_hears_and_is_seen(
    space: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In its own words; what it sends is governed and stored like everything else."""
    caplog.set_level(logging.WARNING)

    async def test() -> None:
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(serving(space, legacy=True))
            tex = await earlier(house, stack, "tex")
            crt = await earlier(house, stack, "crt")
            assert (await tex.hear("presence", username="crt"))["status"] == "online"
            await tex.say("send", to="crt", content="hello", id="7", thread="t")
            ack = await tex.hear("send_ack")
            assert (ack["id"], ack["queued"]) == ("7", False)
            message = await crt.hear("message")
            assert (message["from"], message["to"], message["content"]) == ("tex", "crt", "hello")
            assert message["id"] == ack["msg_id"]
            await crt.say("send", to="tex", text="back", reply_to=message["id"], id="msg-mine")
            answer = await tex.hear("message")
            assert (answer["thread"], answer["reply_to"]) == (message["thread"], message["id"])
            assert (await crt.hear("send_ack"))["msg_id"] == "msg-mine"
            await tex.say("send", to="mira", text="x")
            assert (await tex.hear("send_ack"))["queued"] is True
            await crt.say("status_change", status="busy")
            assert (await tex.hear("presence", username="crt"))["status"] == "busy"
            for bad in ({"to": "ghost", "text": "x"}, {"text": "x"}, {"to": "crt"}):
                await tex.say("send", **bad)
                assert (await tex.hear("send_ack"))["error"] in {"unknown_actor", "invalid_field"}
            await tex.say("sub", box="inbox/crt")
            assert (await tex.hear("error"))["code"] == "unknown_type"
            await tex.ws.send_str("rubbish")
            assert (await tex.hear("error"))["code"] == "bad_frame"
            await tex.say("status_change", status="asleep")
            assert (await tex.hear("error"))["code"] == "invalid_field"

    run(test())
    assert caplog.text.count("legacy_login") == 2
    assert SECRET.decode() not in str([vars(record) for record in caplog.records])
    with Post.open(space, me="crt") as post:
        assert [m.body for m in post.messages.find_messages("crt")] == ["hello"]


def test_one_name_has_one_connection_of_the_earlier_kind(space: Path) -> None:
    """The second takes over; clients of today are not touched, and hear of both."""

    async def test() -> None:
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(serving(space, legacy=True))
            today = await stack.enter_async_context(house.peer("tex"))
            await today.ask("sub", box="inbox/tex")
            first = await earlier(house, stack, "tex")
            second = await earlier(house, stack, "tex")
            assert await first.closed() == 4520
            crt = await stack.enter_async_context(house.peer("crt"))
            for number in range(5):
                ack = await crt.ask("send", to="tex", body=str(number))
                assert ack["delivered"] == 2
            heard = [(await second.hear("message"))["content"] for _ in range(5)]
            assert heard == ["0", "1", "2", "3", "4"]
            await today.hear("hint")

    run(test())

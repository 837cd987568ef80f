"""Hints, epochs and offsets over real sockets: what was missed is told, or that it was."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.post import Post
from tests.cli.door import environment
from tests.relay.house import House, Peer, run, serving, until

if TYPE_CHECKING:
    from pathlib import Path


def write(space: Path, *ids: str, to: str = "crt", sender: str = "tex") -> None:
    """Send messages past the relay."""
    with Post.open(space, me=sender) as post:
        for id in ids:
            post.messages.create_message(sender, to, "x", id=id)


def names(changes: list[dict[str, Any]]) -> list[str]:
    """The ids of changes."""
    return [change["id"] for change in changes]


async def heard(peer: Peer, *ids: str) -> dict[str, Any]:
    """Wait until hints named all of these; the last hint."""
    missing = set(ids)
    hint: dict[str, Any] = {}
    while missing:
        hint = await peer.hear("hint")
        missing -= {*names(hint["changes"])}
    return hint


def test_who_comes_back_is_told_exactly_what_was_missed(space: Path) -> None:
    """Five messages while it was away; nothing, where it missed nothing."""

    async def test() -> None:
        async with serving(space) as house:
            async with house.peer("crt") as crt, house.peer("mira") as other:
                point = await crt.ask("sub", box="inbox/crt")
                await other.ask("sub", box="presence")
                await crt.ws.close()
                ids = [f"msg-{number}" for number in range(5)]
                write(space, *ids)
                await until(lambda: house.relay.desk.hub.history.point("inbox/crt").offset == 5)
            async with house.peer("crt") as back:
                known = {"epoch": point["epoch"], "offset": point["offset"]}
                again = await back.ask("sub", box="inbox/crt", **known)
                assert (again["recovered"], names(again["changes"])) == (True, ids)
                known = {"epoch": again["epoch"], "offset": again["offset"]}
                again = await back.ask("sub", box="inbox/crt", **known)
                assert (again["recovered"], again["changes"]) == (True, [])
                for wrong in ({"epoch": "x"}, {"offset": 99}, {"offset": "0"}, {"epoch": None}):
                    again = await back.ask("sub", box="inbox/crt", **{**known, **wrong})
                    assert (again["recovered"], again["changes"]) == (False, [])
                    assert again["offset"] == 5

    run(test())


def test_what_is_too_old_or_of_another_relay_is_not_recovered(space: Path) -> None:
    """One more than is kept, or another process: the client has to look for itself."""

    async def test() -> None:
        async with serving(space, history=3) as house, house.peer("crt") as crt:
            point = await crt.ask("sub", box="inbox/crt")
            write(space, *(f"msg-{number}" for number in range(4)))
            await heard(crt, "msg-3")
            known = {"epoch": point["epoch"], "offset": point["offset"]}
            assert (await crt.ask("sub", box="inbox/crt", **known))["recovered"] is False
            known["offset"] = 1
            assert (await crt.ask("sub", box="inbox/crt", **known))["recovered"] is True
        async with serving(space) as house, house.peer("crt") as crt:
            again = await crt.ask("sub", box="inbox/crt", **known)
            assert (again["recovered"], again["offset"]) == (False, 0)

    run(test())


def test_marks_are_told_to_who_asks_and_to_the_sender(space: Path) -> None:
    """And never in the inbox: reading mail wakes nobody."""

    async def test() -> None:
        write(space, "msg-x")
        async with serving(space) as house, house.peer("crt") as crt, house.peer() as tex:
            for box in ("inbox/crt", "marks/crt"):
                await crt.ask("sub", box=box)
            await tex.ask("sub", box="sent/tex")
            assert (await crt.ask("mark", ids=["msg-x"], state="read"))["done"] == ["msg-x"]
            for peer, box in ((crt, "marks/crt"), (tex, "sent/tex")):
                hint = await peer.hear("hint")
                (change,) = hint["changes"]
                assert (hint["box"], change["id"]) == (box, "msg-x")
                assert (change["kind"], change["state"]) == ("state", "READ")
            await crt.hears_nothing("hint")

    run(test())


def test_the_box_of_another_is_as_far_as_one_that_is_not_there(space: Path) -> None:
    """The same words, at subscribing; and a right that is lost ends what it gave."""
    contacts = space / "org/messaging/contacts.yaml"
    agent = "  - {id: bot, kind: agent, owner: crt}\n"
    contacts.write_text(contacts.read_text() + agent)

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt:
            answers = [
                {**await crt.ask("sub", box=box), "ref": None}
                for box in ("inbox/tex", "inbox/ghost", "sent/tex", "rubbish", "ledger/x", "")
            ]
            assert answers[0]["code"] == "not_permitted"
            assert answers == [answers[0]] * len(answers)
            assert (await crt.ask("sub", box="inbox/bot"))["type"] == "subbed"
            contacts.write_text(contacts.read_text().replace("owner: crt", "owner: tex"))
            assert "inbox/bot" in (await crt.hear("error", code="not_permitted"))["message"]
            write(space, "msg-x", to="bot")
            await crt.hears_nothing("hint")

    run(test())


def test_so_many_subscriptions_and_no_more(space: Path) -> None:
    """64 boxes; one that is left makes room, and one that is known needs none."""
    contacts = space / "org/messaging/contacts.yaml"
    agents = "".join(f"  - {{id: a{n}, kind: agent, owner: tex}}\n" for n in range(70))
    contacts.write_text(contacts.read_text() + agents)

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex:
            for number in range(64):
                assert (await tex.ask("sub", box=f"inbox/a{number}"))["type"] == "subbed"
            assert (await tex.ask("sub", box="inbox/a64"))["code"] == "too_many"
            assert (await tex.ask("sub", box="inbox/a0"))["type"] == "subbed"
            assert (await tex.ask("unsub", box="inbox/a0"))["type"] == "ok"
            assert (await tex.ask("sub", box="inbox/a64"))["type"] == "subbed"
            write(space, "msg-x", to="a0")
            write(space, "msg-y", to="a1")
            assert (await tex.hear("hint"))["box"] == "inbox/a1"

    run(test())


@pytest.mark.slow
def test_a_file_that_goes_and_comes_begins_a_new_epoch(space: Path) -> None:
    """Told with `reset`, so that the client looks for itself; then hints go on."""

    async def test() -> None:
        write(space, "msg-a")
        with Post.open(space, me="crt") as post:
            post.store.confirm("inbox/crt.org")  # else the journal would put it back
        async with serving(space) as house, house.peer("crt") as crt:
            point = await crt.ask("sub", box="inbox/crt")
            inbox = space / "org/messaging/inbox/crt.org"
            inbox.unlink()
            hint = await crt.hear("hint", reset=True)
            assert (hint["offset"], hint["changes"]) == (0, [])
            assert hint["epoch"] != point["epoch"]
            write(space, "msg-b")
            await crt.hear("hint", reset=True)
            page = await crt.ask("fetch", box="inbox/crt")
            assert [entry["id"] for entry in page["entries"]] == ["msg-b"]
            write(space, "msg-c")
            await heard(crt, "msg-c")

    run(test())


WRITER = """
import sys
from orgpost.post import Post
space, name, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Post.open(space, me="tex") as post:
    for n in range(number):
        post.messages.create_message("tex", "crt", "x", id=f"msg-{name}-{n}")
"""


class Diligent:
    """A client that follows the rule: subscribe, look, act on hints, look again in doubt."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.point: dict[str, Any] = {}

    async def live(self, house: House, frames: int) -> None:
        """Be connected for so many hints."""
        async with house.peer("crt", "diligent") as peer:
            subbed = await peer.ask("sub", box="inbox/crt", **self.point)
            self._note(subbed)
            if subbed["recovered"]:
                self.known |= {*names(subbed["changes"])}
            else:
                await self._look(peer)
            for _ in range(frames):
                try:
                    hint = await peer.hear("hint", 0.5)
                except TimeoutError:
                    return
                before = hint["offset"] - len(hint["changes"]) - hint["more"]
                missed = hint["more"] or hint.get("reset") or before > self.point["offset"]
                self._note(hint)
                self.known |= {*names(hint["changes"])}
                if missed:
                    await self._look(peer)

    def _note(self, frame: dict[str, Any]) -> None:
        self.point = {"epoch": frame["epoch"], "offset": frame["offset"]}

    async def _look(self, peer: Peer) -> None:
        after = None
        while True:
            page = await peer.ask("fetch", box="inbox/crt", after=after)
            self.known |= {entry["id"] for entry in page["entries"]}
            after = page["next"]
            if after is None:
                return


@pytest.mark.slow
def test_a_client_that_follows_the_rule_misses_nothing(space: Path) -> None:
    """120 messages by four processes, while it loses its line ten times."""

    async def test() -> None:
        async with serving(space) as house:
            client = Diligent()
            command = [sys.executable, "-c", WRITER, str(space)]
            writers = [
                await asyncio.create_subprocess_exec(*command, f"w{n}", "30", env=environment())
                for n in range(4)
            ]
            for _ in range(10):
                await client.live(house, 3)
            for writer in writers:
                assert await writer.wait() == 0
            await client.live(house, 1000)
            with Post.open(space, me="crt") as post:
                there = {message.id for message in post.messages.find_messages("crt")}
            assert len(there) == 120
            assert client.known == there

    run(test(), 100)


def test_hints_of_one_box_never_go_back(space: Path) -> None:
    """For several readers, also where one subscribes anew in the middle."""

    async def test() -> None:
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(serving(space, debounce_ms=0))
            crt = await stack.enter_async_context(house.peer("crt"))
            tex = await stack.enter_async_context(house.peer())
            await crt.ask("sub", box="inbox/crt")
            offsets: list[int] = []
            for number in range(30):
                await tex.say("send", to="crt", body="x")
                if number % 7 == 0:
                    await crt.say("sub", box="inbox/crt", ref="again")
            while not offsets or offsets[-1] < 30:
                frame = await crt.next()
                assert frame is not None
                offsets.append(frame["offset"])
                if frame["type"] == "hint":
                    assert len(offsets) < 2 or offsets[-1] > offsets[-2]
            assert offsets == sorted(offsets)

    run(test())

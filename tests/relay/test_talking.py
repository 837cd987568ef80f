"""What connected clients are told, and what they may do, over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.post import Post
from tests.relay.house import run, serving

if TYPE_CHECKING:
    from pathlib import Path


def test_a_send_is_in_the_file_and_hinted_when_it_is_acknowledged(space: Path) -> None:
    """`delivered` counts the recipient's connections that were handed the hint before."""

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt, house.peer("tex") as tex:
            subbed = await crt.ask("sub", box="inbox/crt")
            ack = await tex.ask("send", to="crt", body="hello", subject="A word")
            assert (ack["ok"], ack["stored"], ack["delivered"]) == (True, "file", 1)
            with Post.open(space, me="crt") as post:
                (message,) = post.messages.find_unread("crt")
            assert (message.id, message.sender, message.body) == (ack["id"], "tex", "hello")
            hint = await crt.hear("hint")
            assert hint == {
                "type": "hint",
                "box": "inbox/crt",
                "epoch": subbed["epoch"],
                "offset": subbed["offset"] + 1,
                "changes": [
                    {
                        "offset": subbed["offset"] + 1,
                        "kind": "new",
                        "id": ack["id"],
                        "state": "UNREAD",
                        "from": "tex",
                        "tier": "owner",
                        "priority": "normal",
                    }
                ],
                "more": 0,
            }

    run(test())


def test_what_is_written_by_others_is_hinted(space: Path) -> None:
    """By a program that knows no relay; what the hint names can be fetched at once."""

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt:
            await crt.ask("sub", box="inbox/crt")
            with Post.open(space, me="tex") as post:
                id = post.messages.create_message("tex", "crt", "by hand").id
            hint = await crt.hear("hint")
            assert [change["id"] for change in hint["changes"]] == [id]
            entries = await crt.ask("fetch", box="inbox/crt", ids=[id])
            (entry,) = entries["entries"]
            assert (entry["body"], entry["tier"], entry["state"]) == ("by hand", "owner", "UNREAD")

    run(test())

"""What the relay notes for others: how far a message got, and who was there when."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from orgpost.clock import FakeClock
from orgpost.post import Post
from orgpost.relay.notes import SEEN, TOLD, Notes
from tests.relay.house import run, serving, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.door import Cli


def test_a_hint_that_was_handed_out_is_the_rung_announced(space: Path, cli: Cli) -> None:
    """Also for who asks the files after the relay is gone; what nobody heard is not."""

    async def test() -> None:
        async with serving(space) as house, house.peer("crt") as crt, house.peer() as tex:
            await crt.ask("sub", box="inbox/crt")
            await tex.ask("send", to="crt", body="x", id="msg-told")
            await crt.hear("hint")
            await until((space / TOLD / "crt").exists)
            await tex.ask("send", to="mira", body="x", id="msg-untold")

    run(test())
    told, untold = (cli.data("trace", id)["rungs"] for id in ("msg-told", "msg-untold"))
    assert [(r["rung"], r["reached"], r["by"]) for r in told][1] == ("announced", True, "relay")
    assert [(r["rung"], r["reached"]) for r in untold][1] == ("announced", False)


def test_when_somebody_was_last_connected_is_known(space: Path) -> None:
    """By the files, and in the acknowledgement; who is connected is there now."""

    async def test() -> None:
        async with serving(space) as house, house.peer() as tex:
            ack = await tex.ask("send", to="crt", body="x")
            assert ack["recipient_last_seen"] is None
            async with house.peer("crt"):
                ack = await tex.ask("send", to="crt", body="x")
                assert ack["recipient_last_seen"] is not None
            await until((space / SEEN / "crt").exists)
            ack = await tex.ask("send", to="crt", body="x")
            assert ack["recipient_last_seen"] is not None
        with Post.open(space, me="tex") as post:
            assert post.messages.last_seen("crt") is not None
            assert post.messages.last_seen("mira") is None

    run(test())


def test_notes_are_bounded_and_may_be_lost(space: Path) -> None:
    """2,000 lines; an id that could forge one is left out; what cannot be written stops nothing."""
    notes = Notes(space, FakeClock())
    assert notes.take() is None
    for number in range(3000):
        notes.told("crt", f"msg-{number}")
    notes.told("crt", "msg-x 1\nmsg-y")
    writing = notes.take()
    assert writing is not None
    writing()
    assert notes.take() is None
    lines = (space / TOLD / "crt").read_text().split("\n")
    assert (len(lines), lines[0].split()[0], lines[-2].split()[0]) == (2001, "msg-1000", "msg-2999")
    notes.told("crt", "msg-last")
    notes.seen("crt")
    os.rename(space / ".orgpost", space / "gone")
    (space / ".orgpost").write_text("in the way")
    writing = notes.take()
    assert writing is not None
    writing()

"""`presence`: who is there, and saying how one is there oneself; only a relay knows it."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from orgpost.cli.show import one_line
from orgpost.errors import InvalidField, NotPermitted, Usage
from orgpost.relay.refusals import NoRelay

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from orgpost.cli.desk import Desk


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    parser.description = "Show who is there, or say how you are."
    parser.add_argument("status", nargs="?", help="online, away, busy, focusing or offline")
    parser.add_argument("--note", metavar="T", help="a few words about it")
    parser.add_argument("--for", dest="length", metavar="D", help="keep it so long: up to 8h")
    parser.add_argument("--relay", metavar="URL", help="another relay than that of the space")
    parser.add_argument("--token-file", metavar="F", help="what lets you in there")
    parser.set_defaults(run=_presence)


def _presence(args: Any, desk: Desk) -> None:
    from orgpost.relay.finding import Finding

    frames = [*_word(args), {"type": "who"}]
    finding = Finding(desk.post, desk.me, os.environ, url=args.relay, token_file=args.token_file)
    place = finding.find()
    if place is None:
        raise NoRelay(desk.post.space)
    from orgpost.relay.client import ask

    try:
        *said, answer = asyncio.run(ask(place.url, place.token, desk.me, frames))
    except NotPermitted as refused:
        refused.hint = finding.remedy
        raise
    for each in (*said, answer):
        if each["type"] == "error":
            raise _refused(each)
    who = [each for each in answer["who"] if isinstance(each, dict)]
    desk.show.answer({"who": who}, _lines(who))


def _word(args: Any) -> Iterator[dict[str, Any]]:
    from datetime import timedelta

    from orgpost.cli.when import duration

    if args.status is None:
        if args.note is not None or args.length is not None:
            raise Usage("--note and --for go with a status", hint="orgpost presence busy --note …")
        return
    word: dict[str, Any] = {"type": "status", "status": args.status}
    if args.note is not None:
        word["note"] = args.note
    if args.length is not None:
        length = duration(args.length, "for", most=timedelta(hours=8))
        word["for_seconds"] = int(length.total_seconds())
    yield word


def _refused(answer: dict[str, Any]) -> Exception:
    words = str(answer.get("message"))
    if answer.get("code") == "not_permitted":
        return NotPermitted("say or see who is there", words)
    field, _, why = words.partition(": ")
    return InvalidField(field, why) if why else InvalidField("presence", words)


def _lines(who: list[dict[str, Any]]) -> Iterator[str]:
    for each in who:
        note = f", {each['note']}" if each.get("note") else ""
        yield one_line(f"{each['actor']}  {each['status']} since {each['since']}{note}")
    if not who:
        yield "Nobody is there."

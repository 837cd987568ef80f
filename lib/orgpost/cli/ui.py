"""`ui`: the board in a browser: by the relay that runs, or by one that is started here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orgpost.cli.show import one_line
from orgpost.errors import Failed, Usage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from orgpost.cli.desk import Desk

_USUAL_TTL: Final = "12h"
_LOOPBACK: Final = "127.0.0.1"
_SCOPE: Final = "ui"


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    parser.description = "Show mail, tasks and budgets as web pages, for who acts."
    parser.add_argument("--port", metavar="N", help="the port of a relay that is started for it")
    parser.add_argument("--ttl", default=_USUAL_TTL, metavar="D", help="how long one is logged in")
    parser.add_argument("--open", action="store_true", help="in a browser, too")
    parser.set_defaults(run=_run)


class _Wanted(NamedTuple):
    """The flags of a relay that only this host can reach."""

    bind: str
    port: str | None
    board: str


def _run(args: Any, desk: Desk) -> None:
    from orgpost.cli.when import duration
    from orgpost.relay.runfile import find_running
    from orgpost.relay.secret import find_or_make_secret
    from orgpost.relay.tokens import LONGEST_TTL, Signer

    me, space, settings = desk.contacts.resolve(desk.me).id, desk.post.space, desk.settings
    ttl = duration(args.ttl, "ttl", most=LONGEST_TTL)
    secret = find_or_make_secret(space, os.environ, settings, desk.clock)
    if secret.made:
        desk.show.warn(f"made the relay's secret: {secret.source}")
    audience = str(settings.text("messaging.relay.audience"))

    def tell(url: str, *, started: bool) -> None:
        token, grant = Signer(secret.value, audience, desk.clock).sign(me, [_SCOPE], ttl)
        data = {
            "url": url,
            "token": token,
            "actor": me,
            "expires": f"{grant.expires:%Y-%m-%dT%H:%M:%SZ}",
            "started": started,
        }
        desk.show.answer(data, _lines(data, desk))
        desk.show.flush()
        if args.open:
            _open(url)

    running = find_running(space)
    if running is None:
        _serve(args, desk, secret, tell)
        return
    if args.port is not None:
        raise Usage(f"a relay serves this space already: {running.url}", hint="leave --port out")
    _must_have_board(running.url)
    tell(f"{running.url}/", started=False)


def _serve(args: Any, desk: Desk, secret: Any, tell: Any) -> None:
    from orgpost.relay.mounting import is_board_wanted
    from orgpost.relay.options import read_options
    from orgpost.relay.running import serve

    given = _Wanted(_LOOPBACK, args.port, "always")
    options = read_options(desk.settings, os.environ, given)
    is_board_wanted(options.board, is_only_ours=True)

    def ready(data: dict[str, Any]) -> None:
        tell(str(data["board"]), started=True)

    serve(desk.post.space, desk.settings, options, secret, desk.clock, ready)


def _must_have_board(url: str) -> None:
    from orgpost.relay.asking import ask_status

    if not ask_status(url).get("board"):
        hint = "end it, then: orgpost relay serve --board"
        raise Failed(f"the relay at {url} serves no board", hint=hint)


def _open(url: str) -> None:
    import webbrowser

    webbrowser.open(url)


def _lines(data: dict[str, Any], desk: Desk) -> Iterator[str]:
    yield one_line(f"{desk.post.space} on {data['url']}")
    yield f"log in as {data['actor']} with this token, good until {data['expires']}:"
    yield str(data["token"])
    if data["started"]:
        yield "Ctrl-C ends it."

"""`relay`: the process that tells who is connected, and the tokens that let them in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.show import one_line
from orgpost.relay.options import add_flags

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk

_USUAL_SCOPE: Final = "hint presence send read mark"
_USUAL_TTL: Final = "12h"


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    parser.description = "Tell who is connected that something changed, as soon as it did."
    below = parser.add_subparsers(metavar="serve|token|status", required=True)
    serve = below.add_parser("serve", help="serve this space until a signal comes")
    add_flags(serve)
    serve.set_defaults(run=_serve)
    token = below.add_parser("token", help="what lets somebody log in; or take all of it back")
    token.add_argument("actor", metavar="ACTOR", help="as whom")
    token.add_argument("--ttl", default=_USUAL_TTL, metavar="D", help="how long: 1s to 30d")
    token.add_argument("--scope", default=_USUAL_SCOPE, metavar="WORDS", help="for what")
    token.add_argument("--revoke", action="store_true", help="refuse all that were made until now")
    token.set_defaults(run=_token)
    below.add_parser("status", help="how the running one does").set_defaults(run=_status)


def _serve(args: Any, desk: Desk) -> None:
    from orgpost.relay.options import read_options
    from orgpost.relay.running import check_address, serve
    from orgpost.relay.secret import find_or_make_secret

    settings, space = desk.settings, desk.post.space
    options = read_options(settings, os.environ, args)
    check_address(options)
    secret = find_or_make_secret(space, os.environ, settings, desk.clock)
    if secret.made:
        desk.show.warn(f"made the relay's secret: {secret.source}")

    def ready(data: dict[str, Any]) -> None:
        desk.show.answer(data, [f"serving {one_line(data['space'])} on {data['url']}"])
        desk.show.flush()

    serve(space, settings, options, secret, desk.clock, ready)


def _status(_args: Any, desk: Desk) -> None:
    from orgpost.relay.asking import ask_status
    from orgpost.relay.refusals import NoRelay
    from orgpost.relay.runfile import find_running

    space = desk.post.space
    running = find_running(space)
    if running is None:
        raise NoRelay(space)
    data: dict[str, Any] = {**running._asdict(), **ask_status(running.url)}
    here = f"{data['connected']} connections of {data['actors']} actors"
    wanted = f"{data['subscriptions']} subscriptions, watching by {data['watch']}"
    lines = [
        f"{data['url']}: {data['status']}, version {data['version']}, process {data['pid']}",
        f"up for {data['uptime_seconds']} s, {here}, {wanted}",
        *(f"trouble: {trouble}" for trouble in data["trouble"]),
    ]
    desk.show.answer(data, map(one_line, lines))


def _token(args: Any, desk: Desk) -> None:
    actor = desk.contacts.resolve(args.actor).id
    if args.revoke:
        _revoke(actor, desk)
        return
    from orgpost.cli.when import duration
    from orgpost.message import utc_or_none
    from orgpost.relay.secret import find_or_make_secret
    from orgpost.relay.tokens import LONGEST_TTL, Signer, checked_scopes

    ttl = duration(args.ttl, "ttl", most=LONGEST_TTL)
    scopes = checked_scopes(args.scope)
    secret = find_or_make_secret(desk.post.space, os.environ, desk.settings, desk.clock)
    if secret.made:
        desk.show.warn(f"made the relay's secret: {secret.source}")
    audience = str(desk.settings.text("messaging.relay.audience"))
    text, grant = Signer(secret.value, audience, desk.clock).sign(actor, scopes, ttl)
    data = {
        "token": text,
        "actor": grant.actor,
        "scope": grant.scope,
        "expires": utc_or_none(grant.expires),
        "jti": grant.id,
    }
    desk.show.answer(data, [text])


def _revoke(actor: str, desk: Desk) -> None:
    from orgpost.message import utc_or_none
    from orgpost.relay.revoked import revoke

    moment = revoke(desk.post, actor)
    data = {"actor": actor, "revoked": utc_or_none(moment)}
    desk.show.answer(data, [f"no token of {actor} that was made until now opens anything"])

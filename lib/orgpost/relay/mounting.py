"""The board in the relay: whether it is wanted and can be, and what the relay lends to it.

Without the extra that brings its templates everything else of the relay works as ever.
"""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from orgpost.errors import Failed
from orgpost.relay.events import say
from orgpost.relay.protocol import DENIED

if TYPE_CHECKING:
    from aiohttp import web

    from orgpost.relay.desk import Desk
    from orgpost.relay.secret import Secret
    from orgpost.relay.server import Server
    from orgpost.relay.tokens import Grant

_EXTRA: Final = "pip install 'orgpost[ui]'"


def is_board_wanted(board: str, *, is_only_ours: bool) -> bool:
    """Ask whether the board is to be served; `Failed` where it must be and cannot.

    `board` is the setting; `is_only_ours` whether only this host can reach the address.
    """
    if board == "never":
        return False
    is_there = find_spec("jinja2") is not None
    if board == "always" and not is_there:
        raise Failed(f"the board needs an extra: {_EXTRA}", hint=_EXTRA)
    return is_there and (board == "always" or is_only_ours)


def mount(app: web.Application, server: Server, desk: Desk, secret: Secret) -> None:
    """Put the board into the relay's application."""
    from orgpost.relay.board.desk import Desk as BoardDesk
    from orgpost.relay.board.desk import Present
    from orgpost.relay.board.pages import Board

    def failed(request: web.Request) -> None:
        address = server.address(request)
        desk.guard.failed(address)
        desk.metrics.count("logins", "refused")
        say("login_refused", logging.WARNING, address=address, reason="at the board")

    def ended(grant: Grant) -> None:
        for connection in desk.hub:
            if connection.grant is not None and connection.grant.id == grant.id:
                desk.dismiss(connection, DENIED)

    board = Board(
        BoardDesk(
            space=desk.office.space,
            clock=desk.clock,
            secret=secret.value,
            tokens=desk.guard.tokens,
            is_encrypted=desk.options.is_encrypted,
            cross=desk.office.cross,
            is_good=desk.guard.is_good,
            is_ours=server.is_ours,
            wait_for=server.wait_for,
            failed=failed,
            who=lambda: [Present(*here) for here in desk.hub.presence.here()],
            ended=ended,
        )
    )
    app.add_routes(board.routes())
    app.middlewares.append(board.middleware())
    server.cookie_grant, server.has_board = board.grant, True

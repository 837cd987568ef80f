"""`mcp`: the second door; its SDK is loaded here and by nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import Failed, Usage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from orgpost.cli.desk import Desk

_EXTRA: Final = "pip install 'orgpost[mcp]'"


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    parser.description = "Serve the Model Context Protocol on stdin and stdout, until stdin ends."
    parser.set_defaults(run=_serve)


def _serve(_args: Any, desk: Desk) -> None:
    if desk.show.json:
        raise Usage("mcp speaks a protocol of its own", hint="leave --json out")
    serve = _server()
    # For one look only: each call opens a post of its own.
    from orgpost.post import Post

    with Post.open(space=desk.space_named, me=desk.actor_named) as post:
        space, me = post.space, post.me
    serve(space, me)


def _server() -> Callable[[Path, str], None]:
    try:
        from orgpost.mcp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("orgpost"):
            raise
        raise Failed(f"orgpost mcp needs an extra: {_EXTRA}", hint=_EXTRA) from None
    return serve

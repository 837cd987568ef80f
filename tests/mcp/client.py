"""The SDK's own client, and a server in a process of its own behind it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from mcp import Client, StdioServerParameters

from tests.cli.door import environment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from mcp_types import CallToolResult

_Said = TypeVar("_Said")


def talk(
    space: Path,
    me: str,
    conversation: Callable[[Client], Awaitable[_Said]],
    *,
    mode: str = "auto",
    **environ: str,
) -> _Said:
    """Start a server, talk with it, and let it end."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "orgpost", "mcp", "--space", str(space), "--as", me],
        env=environment(**environ),
    )

    async def run() -> _Said:
        async with Client(server, mode=mode) as client:
            return await conversation(client)

    return asyncio.run(run())


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """Call what must work; its result, which its text says, too."""
    answer = await client.call_tool(tool, arguments)
    text = text_of(answer)
    assert not answer.is_error, text
    assert json.loads(text) == answer.structured_content
    return answer.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> Any:
    """Call what must be refused; its error."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    assert answer.structured_content is None
    return json.loads(text_of(answer))


def text_of(answer: CallToolResult) -> str:
    """The one text of an answer."""
    (content,) = answer.content
    assert content.type == "text"
    return content.text

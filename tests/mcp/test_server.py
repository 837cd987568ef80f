"""The server as a client meets it: a process behind the SDK's own client."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS

from orgpost.mcp import office
from orgpost.mcp.office import Office as SecondDoor
from orgpost.mcp.server import server
from orgpost.post import Post
from tests.cli.door import command, environment, process
from tests.cli.office import Office
from tests.mcp.client import call, refused, talk, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.door import Cli

pytestmark = pytest.mark.slow

SESSION: Final = "5e55-10f1"
# The present era, and the one before it, which begins with a handshake.
ERAS: Final = ("auto", "legacy")
WITHOUT: Final = """
import sys
sys.modules["mcp"] = None
from orgpost.cli import main
sys.exit(main(sys.argv[1:]))
"""
LOADED: Final = """
import sys
import orgpost
from orgpost.cli import main
status = main(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.parametrize("mode", ERAS)
def test_a_session_from_end_to_end(mode: str, agents: Cli) -> None:
    """List, send, read, mark; add a task, claim it, complete it: in both eras of the protocol."""

    async def conversation(client: Client) -> None:
        tools = await client.list_tools()
        listed = [each.model_dump(by_alias=True, exclude_none=True) for each in tools.tools]
        assert len(json.dumps(listed, separators=(",", ":"))) <= 6000
        assert len(listed) == 8
        assert len(client.instructions or "") <= 500
        sent = await call(client, "send", to="tex-agent", text="hi")
        (head,) = (await call(client, "inbox"))["messages"]
        assert head["id"] == sent["id"]
        assert "| hi" in (await call(client, "show", id=sent["id"]))["text"]
        marked = await call(client, "mark", ids=[sent["id"]], state="done")
        assert marked["marked"][0]["state"] == "DONE"
        added = await call(client, "task_add", to="tex-agent", title="Look")
        assert (await call(client, "task_list"))["tasks"][0]["id"] == added["id"]
        claim = await call(client, "task_claim")
        done = await call(client, "task_update", id=claim["task"]["id"], outcome="complete")
        assert done == {"id": added["id"], "state": "DONE"}

    talk(agents.space, "tex-agent", conversation, mode=mode)
    assert agents.data("task", "counts", "tex-agent")["done"] == 1


@pytest.mark.parametrize("mode", ERAS)
def test_the_resources(mode: str, agents: Cli) -> None:
    """One that is always there, and two kinds that are named by an id; plain text all."""
    id = agents.id("--as", "crt", "send", "tex", "hello", "--subject", "Hi")

    async def conversation(client: Client) -> None:
        (inbox,) = (await client.list_resources()).resources
        assert (inbox.uri, inbox.mime_type) == ("orgpost://inbox", "text/plain")
        templates = (await client.list_resource_templates()).resource_templates
        uris = [each.uri_template for each in templates]
        assert uris == ["orgpost://message/{id}", "orgpost://task/{id}"]
        assert "orgpost for tex: 1 unread, 1 listed." in await text(client, inbox.uri)
        assert "| hello" in await text(client, f"orgpost://message/{id}")
        with pytest.raises(MCPError) as refusal:
            await client.read_resource("orgpost://message/msg-nobody")
        assert refusal.value.data["code"] == "unknown_id"

    talk(agents.space, "tex", conversation, mode=mode)


async def text(client: Client, uri: str) -> str:
    """The one text of a resource."""
    (contents,) = (await client.read_resource(uri)).contents
    assert contents.mime_type == "text/plain"
    return str(getattr(contents, "text"))  # noqa: B009  a blob has none


def test_refusals_are_answers(agents: Cli) -> None:
    """Of the governor, of the arguments, of the services; only what is no call is no answer."""

    async def conversation(client: Client) -> None:
        error = await refused(client, "task_add", to="tex-agent", title="x", effort=99)
        assert error["code"] == "effort_exceeded"
        assert error["details"]["verdict"]["allowed"] is False
        assert (await refused(client, "send", to="txe", text="x"))["code"] == "unknown_actor"
        assert (await refused(client, "show"))["code"] == "usage"
        assert (await refused(client, "inbox", limit="all"))["code"] == "invalid_field"
        with pytest.raises(MCPError) as wrong:
            await client.call_tool("approve", {})
        assert wrong.value.code == INVALID_PARAMS

    talk(agents.space, "ann", conversation)


@pytest.mark.parametrize(
    "name", ["from", "sender", "as", "actor", "from_actor", "me", "holder", "via", "_meta"]
)
def test_nobody_sends_as_somebody_else(name: str, agents: Cli) -> None:
    """Whatever else is given with a message: from the actor of the start, or not at all."""

    async def conversation(client: Client) -> None:
        await client.call_tool("send", {"to": "tex", "text": "x", name: "crt"})
        await client.call_tool("task_add", {"to": "tex-agent", "title": "x", name: "crt"})

    talk(agents.space, "mira", conversation, ORGPOST_AS="crt", ORGPOST_ACTOR="crt")
    mail = agents.data("inbox")["messages"]
    tasks = agents.data("task", "list", "tex-agent")["tasks"]
    assert {each["from"] for each in [*mail, *tasks]} <= {"mira"}


def test_a_fault_of_ours_is_an_answer(
    agents: Cli, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its own words and without a page of code; the log has where it was."""

    def fail(*_: object) -> Any:
        raise KeyError("a secret")

    table: Any = office._RUN
    monkeypatch.setitem(table, "mark", fail)

    async def conversation() -> Any:
        async with Client(server(SecondDoor(agents.space, "tex"))) as client:
            return await refused(client, "mark", ids=["x"], state="read")

    error = asyncio.run(conversation())
    assert error["code"] == "internal"
    assert "KeyError in fail" in error["message"]
    assert "secret" not in json.dumps(error) + caplog.text
    assert "internal: KeyError in fail" in caplog.text


# --- sessions -------------------------------------------------------------------------------------


def test_a_claim_by_the_hook_is_completed_here(agents: Cli) -> None:
    """In the same session without a token, by the command line with it; no other session may."""
    office = Office(agents)
    first, second = office.add("First"), office.add("Second")
    payload = {"session_id": SESSION, "hook_event_name": "UserPromptSubmit", "cwd": "/"}
    words = ["hook", "UserPromptSubmit", "--host", "claude", "--space", str(agents.space)]

    def prompt() -> str:
        stdin = json.dumps(payload).encode()
        return process(*words, "--as", "tex-agent", stdin=stdin).stdout.decode()

    assert first in prompt()

    async def complete(client: Client) -> Any:
        return await call(client, "task_update", id=first, outcome="complete", text="Done.")

    done = talk(agents.space, "tex-agent", complete, CLAUDE_CODE_SESSION_ID=SESSION)
    assert done["state"] == "DONE"
    assert second in prompt()
    held = office.show(second)
    assert held["state"] == "WORKING"
    assert held["holder"] == office.show(second)["holder"]
    assert held["holder"].endswith(f":{SESSION}")
    assert office.data("complete", second, "--token", "1", by="tex-agent")["state"] == "DONE"


def test_a_claim_made_here_is_the_sessions(agents: Cli) -> None:
    """The hook of the same session knows it for its own, the hook of another one for held."""
    id = Office(agents).add()

    async def claim(client: Client) -> Any:
        return await call(client, "task_claim")

    talk(agents.space, "tex-agent", claim, CLAUDE_CODE_SESSION_ID=SESSION)
    words = ["hook", "UserPromptSubmit", "--host", "claude", "--space", str(agents.space)]

    def prompt(session: str) -> str:
        payload = json.dumps({"session_id": session, "cwd": "/"}).encode()
        return process(*words, "--as", "tex-agent", stdin=payload).stdout.decode()

    assert "1 task is yours" in prompt(SESSION)
    assert f"busy: {id} is held elsewhere" in prompt("another")


def test_calls_do_not_wait_for_one_another(agents: Cli) -> None:
    """While one waits for a lock, another is answered; the one that waits is busy in the end."""
    id = agents.id("send", "tex", "x")
    settings = agents.space / "settings.local.yaml"
    settings.write_text("identity: {name: tex}\nstore: {sync: off, lock_seconds: 3}\n")

    async def conversation(client: Client) -> list[str]:
        order: list[str] = []

        async def marked() -> None:
            order.append((await refused(client, "mark", ids=[id], state="read"))["code"])

        waiting = asyncio.create_task(marked())
        await asyncio.sleep(0.2)
        await call(client, "task_list", state="DONE")
        order.append("listed")
        await waiting
        return order

    with Post.open(agents.space, "tex") as other:
        order = other.store.edit("inbox/tex.org", lambda _: talk(agents.space, "tex", conversation))
    assert order == ["listed", "busy"]


# --- the process ----------------------------------------------------------------------------------


def serving(space: Path) -> subprocess.Popen[bytes]:
    """A server that nobody has said a word to."""
    words = command("mcp", "--space", str(space), "--as", "tex")
    pipe = subprocess.PIPE
    return subprocess.Popen(words, env=environment(), stdin=pipe, stdout=pipe, stderr=pipe)


def asked(method: str, id: int, **params: Any) -> bytes:
    """One request, on one line."""
    return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).encode()


def handshake() -> bytes:
    """The first words of a client of the era before."""
    client = {"name": "test", "version": "1"}
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    return asked("initialize", 1, **params)


@pytest.mark.parametrize("words", [b"", handshake() + b"\n", b"no JSON\n" + b"[" * 1000 + b"\n"])
def test_it_ends_when_stdin_ends(words: bytes, agents: Cli) -> None:
    """At once and well, whatever was said; on stdout there are only messages of the protocol."""
    with serving(agents.space) as program:
        out, _ = program.communicate(words, timeout=20)
    assert program.returncode == 0
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in out.split(b"\n") if line)


def test_an_interrupt_ends_it(agents: Cli) -> None:
    """At once, while it waits for its client's next word."""
    with serving(agents.space) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(handshake() + b"\n")
        program.stdin.flush()
        assert json.loads(program.stdout.readline())["id"] == 1
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=20) == -signal.SIGINT


def test_it_ends_when_its_client_is_killed(agents: Cli) -> None:
    """No server is left behind by a client that had no time to say goodbye."""
    opening = handshake() + b"\n"
    program = (
        "import subprocess, sys, time\n"
        "server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        f"server.stdin.write({opening!r})\n"
        "server.stdin.flush()\n"
        "server.stdout.readline()\n"
        "print(server.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    words = command("mcp", "--space", str(agents.space), "--as", "tex")
    client = subprocess.Popen(
        [sys.executable, "-c", program, *words], env=environment(), stdout=subprocess.PIPE
    )
    assert client.stdout is not None
    with client:
        pid = int(client.stdout.readline())
        client.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while is_alive(pid):
        assert time.monotonic() < deadline, "the server lives on"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return not state.stdout.startswith("Z") and bool(state.stdout)


def test_without_the_extra_one_line_says_what_is_missing(agents: Cli) -> None:
    """With the command that gets it; whether there is a space or not."""
    for words in (["mcp", "--space", str(agents.space)], ["mcp", "--space", "/nowhere"]):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT, *words],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == ("orgpost: orgpost mcp needs an extra: pip install 'orgpost[mcp]'\n")


@pytest.mark.parametrize(
    ("words", "status"), [(["--space", "/nowhere"], 3), (["--as", "nobody"], 3), (["--json"], 2)]
)
def test_what_is_wrong_at_the_start_is_said_before_it_serves(
    words: list[str], status: int, agents: Cli
) -> None:
    """With the exit status of every other command."""
    done = process("mcp", *words, ORGPOST_SPACE=str(agents.space))
    assert done.returncode == status
    assert b"Traceback" not in done.stdout + done.stderr


def test_nobody_else_pays_for_it(agents: Cli) -> None:
    """Neither the SDK nor what it brings is loaded by a command or by the package."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "--space", str(agents.space), "inbox"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"mcp", "mcp_types", "pydantic", "anyio", "asyncio", "starlette", "orgpost.mcp"}
    assert heavy & set(done.stderr.split()) == set()


def test_its_text_is_the_result(agents: Cli) -> None:
    """A client that knows no structured results reads the same."""

    async def conversation(client: Client) -> str:
        return text_of(await client.call_tool("inbox", {}))

    found = json.loads(talk(agents.space, "tex", conversation))
    assert found == {"actor": "tex", "messages": [], "unread": 0, "left_out": 0}

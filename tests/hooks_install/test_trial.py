"""`hooks test`, and what is registered, run as a client would run it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.hook_copy import renew
from orgpost.hooks_install import CLIENTS, find_gate
from orgpost.hooks_install.clients import Place
from orgpost.hooks_install.trial import sample
from tests.cli.door import _read_until_closed, command, environment
from tests.hooks_install.test_listing import plugin

if TYPE_CHECKING:
    from tests.hooks_install.home import Home

pytestmark = pytest.mark.slow


@pytest.fixture
def mail(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A message for tex-agent, and the Python of these tests for the gate."""
    monkeypatch.setenv("ORGPOST_PYTHON", sys.executable)
    monkeypatch.delenv("CLAUDE_CODE_SESSION_ID", raising=False)
    flags = ["--space", str(home.space), "--as", "tex"]
    home.cli.data("send", "tex-agent", "The body", "--subject", "Server is down!", *flags)
    home.cli.data("task", "add", "tex-agent", "A task", *flags)
    renew(home.space, os.environ)
    return home


def everything(home: Home) -> dict[str, bytes]:
    """Every byte of the space, what is private included."""
    files = [path for path in sorted(home.space.rglob("*")) if path.is_file()]
    return {str(path): path.read_bytes() for path in files if "/locks/" not in str(path)}


def test_what_is_registered_is_tried_on_the_real_space(mail: Home) -> None:
    """The text is shown; nothing is noted, claimed or marked (scenario 34)."""
    mail.data("install", "claude")
    before = everything(mail)
    for _ in range(2):
        data = mail.data("test", "claude")
        assert data["good"]
        texts = {run["event"]: run["text"] for run in data["runs"]}
        assert [event for event, text in texts.items() if "Server is down!" in text] == [
            *("SessionStart", "UserPromptSubmit")
        ]
        assert all(run["exit"] == 0 and run["problems"] == [] for run in data["runs"])
        assert everything(mail) == before
    assert '"Server is down!"' in mail.cli("hooks", "test", "--client", "claude").out


def test_that_a_test_tells_of_no_task_is_said(mail: Home) -> None:
    """Below what a model would see, where the task that waits is looked for; and in the help."""
    mail.data("install", "claude")
    said = "A test notes nothing, and neither tells of tasks nor claims one."
    assert mail.cli("hooks", "test", "--client", "claude").out.splitlines()[-1] == said
    assert said in mail.cli("hooks", "test", "--help").out.replace("\n", " ")


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_can_be_tried(client: str, mail: Home) -> None:
    """Each handler keeps a hook's promise with this client's own samples."""
    mail.data("install", client)
    data = mail.data("test", client)
    assert data["good"], data
    assert len(data["runs"]) == len(CLIENTS[client].events)
    assert any("Server is down!" in run["text"] for run in data["runs"])


def test_a_gate_that_cannot_be_run_is_named(mail: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1, and which (scenario 34)."""
    gate = mail.root / "orgpost-hook"
    shutil.copy(find_gate(), gate)
    monkeypatch.setattr("orgpost.hooks_install.plan.find_gate", lambda: gate)
    for client in ("claude", "codex"):
        mail.data("install", client)
    gate.chmod(0o600)
    for client in ("claude", "codex"):
        answer = mail.run("test", client)
        assert answer.status == 1
        assert all(run["problems"] for run in answer.data["runs"])
        assert str(gate) in answer.data["runs"][0]["command"]


@pytest.mark.parametrize(
    ("script", "wrong"),
    [
        ("echo no document", "no JSON"),
        ("echo '[]'", "no JSON object"),
        ("echo '{}'", "holds no text"),
        ("exit 3", "ended with 3"),
        ("echo oops >&2", "stderr is not empty: oops"),
    ],
)
def test_what_breaks_a_promise_is_said(
    script: str, wrong: str, mail: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 1."""
    gate = mail.root / "orgpost-hook"
    gate.write_text(f"#!/bin/sh\n{script}\n")
    gate.chmod(0o700)
    monkeypatch.setattr("orgpost.hooks_install.plan.find_gate", lambda: gate)
    mail.data("install", "gemini")
    answer = mail.run("test", "gemini")
    assert answer.status == 1
    assert wrong in answer.data["runs"][0]["problems"][0]


def test_nothing_registered_is_nothing_to_try(home: Home) -> None:
    """Exit 1, with what to do."""
    answer = home.run("test", "claude")
    assert (answer.status, answer.document["error"]["hint"]) == (
        *(1, "orgpost hooks install --client claude"),
    )


def test_what_is_registered_works_from_anywhere(mail: Home) -> None:
    """From `/`, without a word in the environment (scenario 32)."""
    mail.data("install", "claude")
    assert mail.state.joinpath("orgpost/python").read_text() == f"{sys.executable}\n"
    (handler,) = _handlers(mail.file("claude"), "UserPromptSubmit")
    kept = ("HOME", "PATH", "XDG_STATE_HOME")
    said = _run([handler["command"], *handler["args"]], {key: os.environ[key] for key in kept})
    assert "Server is down!" in said["hookSpecificOutput"]["additionalContext"]


def test_a_plugin_and_a_settings_file_tell_once(mail: Home) -> None:
    """Both are run, one speaks (scenario 35)."""
    root = plugin(mail)
    mail.data("install", "claude")
    (handler,) = _handlers(mail.file("claude"), "UserPromptSubmit")
    env = {**os.environ, "ORGPOST_SPACE": str(mail.space), "ORGPOST_AS": "tex-agent"}
    first = _run([f"{root}/hooks/orgpost-hook", "claude", "UserPromptSubmit"], env)
    assert first
    second = _run([handler["command"], *handler["args"]], env)
    assert "msg-" not in json.dumps(second)


def _handlers(path: Path, event: str) -> list[dict[str, Any]]:
    groups = json.loads(path.read_text())["hooks"][event]
    return [handler for group in groups for handler in group["hooks"]]


def _run(command: list[str], env: dict[str, str]) -> Any:
    stdin = sample("claude", "UserPromptSubmit", Place(Path("/"), Path("/"), {}))
    done = subprocess.run(command, input=stdin, env=env, cwd="/", capture_output=True, check=True)
    return json.loads(done.stdout or b"{}")


@pytest.mark.parametrize("said", [b"y\n", b"n\n", b"\n"])
def test_on_a_terminal_it_is_asked(said: bytes, home: Home) -> None:
    """After the diff was shown; anything but yes is no."""
    is_done = said == b"y\n"
    ours, theirs = os.openpty()
    os.write(ours, said)
    words = ["--client", "claude", "--space", str(home.space)]
    with subprocess.Popen(
        command("hooks", "install", *words),
        env=environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as program:
        os.close(theirs)
        shown = b""
        while piece := _read_until_closed(ours):
            shown += piece
    os.close(ours)
    assert shown.index(b"+++ ") < shown.index(b"Write this? [y/N]")
    assert (program.returncode, home.file("claude").exists()) == (0, is_done)
    assert (b"nothing was written" in shown) is not is_done


# --- the plugin for opencode ----------------------------------------------------------------------

ASK = """
import {{ Orgpost }} from {plugin}
import {{ appendFileSync }} from "node:fs"
const hooks = await Orgpost({{ directory: "/" }})
const transform = hooks["experimental.chat.system.transform"]
async function call(session) {{
  const output = {{ system: ["a", "b"] }}
  const start = Date.now()
  await transform({{ sessionID: session }}, output)
  console.log(JSON.stringify([output.system, Date.now() - start]))
}}
{calls}
"""


def opencode(home: Home, script: str, calls: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the plugin run, with this script as its gate."""
    gate = home.root / "orgpost-hook"
    gate.write_text(f"#!/bin/sh\necho x >>{shlex.quote(str(home.root / 'asked'))}\n{script}\n")
    gate.chmod(0o700)
    monkeypatch.setattr("orgpost.hooks_install.plan.find_gate", lambda: gate)
    home.data("install", "opencode")
    module = home.root / "plugin.mjs"
    shutil.copy(home.file("opencode"), module)
    program = home.root / "ask.mjs"
    program.write_text(ASK.format(plugin=json.dumps(str(module)), calls=calls))
    done = subprocess.run(["node", str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n")[:-1]]


def asked(home: Home) -> int:
    """How often the gate was run."""
    return len((home.root / "asked").read_text()) // 2


def test_the_plugin_asks_the_gate_only_when_a_file_changed(
    mail: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And appends the same text to the last block of each call meanwhile."""
    inbox = json.dumps(str(mail.space / "org/messaging/inbox/tex-agent.org"))
    calls = f'await call("1"); await call("1"); appendFileSync({inbox}, "\\n"); await call("1")'
    said = opencode(mail, "cat >/dev/null; echo news", calls, monkeypatch)
    assert [system for system, _ in said] == [["a", "b\n\nnews"]] * 3
    assert asked(mail) == 2


def test_each_session_of_the_plugin_asks(mail: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate knows what each was told; its silence is nothing."""
    said = opencode(mail, "cat >/dev/null", 'await call("1"); await call("2")', monkeypatch)
    assert [system for system, _ in said] == [["a", "b"]] * 2
    assert asked(mail) == 2


@pytest.mark.parametrize("script", ["exec sleep 30", "exec /nowhere/at-all", "kill -9 $$"])
def test_the_plugin_never_waits_longer_than_a_second(
    script: str, mail: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its gate does, the call to the model goes on."""
    ((system, ms),) = opencode(mail, script, 'await call("1")', monkeypatch)
    assert system == ["a", "b"]
    assert ms < 5000

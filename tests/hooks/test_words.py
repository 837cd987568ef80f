"""Which client, event, space and actor: from words, environment, stdin and settings."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.hook_copy import renew
from tests.hooks.world import (
    FIRST,
    GATE,
    HEADER,
    World,
    entry,
    expect,
    payload,
    run,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

GOOD = payload("UserPromptSubmit")


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["claude", "Nonsense"],
        ["nobody", "UserPromptSubmit"],
        ["claude", "UserPromptSubmit", "more", "words"],
        ["claude", "UserPromptSubmit", "--nonsense"],
        ["claude", "UserPromptSubmit", "--as"],
    ],
)
def test_odd_words_are_silent_and_logged(words: list[str], state: str, world: World) -> None:
    """Nobody guesses what was meant."""
    world.env |= {"ORGPOST_SPACE": str(world.space), "ORGPOST_ACTOR": "tex-agent"}
    before = len(world.log())
    assert world.hook(words=words).is_silent
    (line,) = world.log()[before:]
    assert line["error"] in {"unknown client or event", "odd words"}
    assert state


@pytest.mark.parametrize("words", [[], ["claude"]])
def test_what_no_word_says_is_found_on_stdin(words: list[str], state: str, world: World) -> None:
    """Client and event, as an old settings file needs it."""
    world.env |= {"ORGPOST_SPACE": str(world.space), "ORGPOST_ACTOR": "tex-agent"}
    expect(world.hook(words=words, stdin=GOOD), state)


def test_the_space_and_the_actor_may_be_written_with_an_equals_sign(
    state: str, world: World
) -> None:
    """As any other program takes them."""
    words = ["claude", "UserPromptSubmit", f"--space={world.space}", "--as=tex-agent"]
    expect(world.hook(words=words), state)


@pytest.mark.parametrize("actor", ["nobody", "../tex-agent", "", "tex agent", "all", "x" * 100])
def test_an_actor_who_is_none_is_silent(actor: str, state: str, world: World) -> None:
    """Nothing is made for it, no path is built of it."""
    before = sorted(path for path in world.space.rglob("*") if path.is_dir())
    words = ["claude", "UserPromptSubmit", "--space", str(world.space), "--as", actor]
    assert world.hook(words=words).is_silent
    assert sorted(path for path in world.space.rglob("*") if path.is_dir()) in (
        before,
        sorted([*before, world.space / ".orgpost", world.notes]),
    )
    assert state


def test_outside_of_a_space_nothing_is_said_and_nothing_written(
    world: World, tmp_path: Path, home: Path
) -> None:
    """Neither there nor at home; and a place that is named is not searched from."""
    world.mail(entry(FIRST))
    here = tmp_path / "project"
    here.mkdir()
    env = {**os.environ, "ORGPOST_PYTHON": sys.executable, "ORGPOST_ACTOR": "tex-agent"}
    for words in ([], ["--space", str(here)], ["--space", "/nowhere"], ["--space", ""]):
        stdin = payload("UserPromptSubmit", cwd=str(here))
        assert run([str(GATE), "claude", "UserPromptSubmit", *words], stdin, env).is_silent
    inside = payload("UserPromptSubmit", cwd=str(world.space))
    named = ["--space", str(here), "--as", "tex-agent"]
    assert run([str(GATE), "claude", "UserPromptSubmit", *named], inside, env).is_silent
    assert list(here.iterdir()) == []
    assert list(home.rglob("*")) == []


@pytest.mark.parametrize("key", ["cwd", "workspace_roots", "workspaceRoots", "workspacePaths"])
def test_the_space_is_looked_for_from_the_clients_folder(key: str, world: World) -> None:
    """Upwards, from wherever the client says that it works."""
    world.mail(entry(FIRST))
    below = world.space / "src" / "deep"
    below.mkdir(parents=True)
    facts: dict[str, Any] = {"cwd": None, key: str(below) if key == "cwd" else [str(below), "/"]}
    words = ["claude", "UserPromptSubmit", "--as", "tex-agent"]
    assert world.hook(words=words, **facts).ids == [FIRST]


def test_the_clients_variable_says_where_it_works(world: World) -> None:
    """Where stdin does not; the process's own folder is never asked."""
    world.mail(entry(FIRST))
    command = [str(GATE), "claude", "UserPromptSubmit", "--as", "tex-agent"]
    assert run(command, b"{}", world.environment, cwd=world.space).is_silent
    world.env["CLAUDE_PROJECT_DIR"] = str(world.space)
    assert run(command, b"{}", world.environment, cwd="/").ids == [FIRST]


@pytest.mark.parametrize(
    "line", ["default_space: {}", "default_space: '{}'", 'default_space: "{}"  # mine']
)
def test_the_users_default_space_is_the_last_resort(line: str, world: World, home: Path) -> None:
    """As `config set` writes it, with `~` for the home."""
    world.mail(entry(FIRST))
    settings = home / ".config/orgpost/settings.local.yaml"
    settings.parent.mkdir(parents=True)
    (home / "mail").symlink_to(world.space)
    settings.write_text(f"# mine\nmessaging:\n  {line.format('~/mail')}\n")
    settings.chmod(0o600)
    renew(world.space, os.environ)
    words = ["claude", "UserPromptSubmit", "--as", "tex-agent"]
    assert world.hook(words=words, stdin=b"{}").ids == [FIRST]


def test_of_all_ways_to_name_an_actor_the_strongest_counts(world: World) -> None:
    """`--as`, $ORGPOST_AS, $ORGPOST_ACTOR, hooks.actor, identity.name, $USER."""
    for name in ("tex", "crt", "gregor"):
        path = world.space / f"org/messaging/inbox/{name}.org"
        world.write(path, HEADER + entry(f"msg-for-{name}", sender="tex"))
    world.mail(entry("msg-for-tex-agent"))
    world.settings("hooks:\n  actor: crt\nidentity:\n  name: tex\n")
    words = ["claude", "UserPromptSubmit", "--space", str(world.space)]
    world.env = {"ORGPOST_AS": "tex", "ORGPOST_ACTOR": "crt"}
    assert world.hook(words=[*words, "--as", "@gz"]).ids == ["msg-for-gregor"]
    assert world.hook(words=words).ids == ["msg-for-tex"]
    world.env = {"ORGPOST_AS": "", "ORGPOST_ACTOR": "tex-agent"}
    assert world.hook(words=words).ids == ["msg-for-tex-agent"]
    world.env = {"USER": "gregor"}
    assert world.hook(words=words).ids == ["msg-for-crt"]
    world.settings("identity:\n  name: tex\n")
    assert world.hook(words=words, session="s2").ids == ["msg-for-tex"]
    world.settings("")
    assert world.hook(words=words, session="s3").ids == ["msg-for-gregor"]

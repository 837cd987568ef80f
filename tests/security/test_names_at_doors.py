"""A name that could be a path is nobody's, at each door: commands, tools and Python."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.errors import OrgpostError
from orgpost.mcp.office import Office
from orgpost.post import Post
from orgpost.space import init
from tests.cli.door import Cli
from tests.test_names import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# A handle means its actor wherever one may stand, and `--help` is a word of every command.
NAMES: Final = {what: name for what, name in HOSTILE.items() if name not in {"@tex", "--help"}}
# Where each of them takes a name.
WORDS: Final = """\
send NAME hi
send tex hi --cc NAME
send tex hi --route @NAME!
reply last hi --to NAME
inbox --as NAME
inbox --from NAME
search hi --to NAME
init new --actor NAME
contacts add NAME
contacts add bot --kind agent --owner NAME
contacts show NAME
contacts trust NAME team
contacts remove NAME
task add NAME hi
task list NAME
task claim NAME
task counts NAME
budget show NAME
budget check NAME
"""
REFUSED: Final = {2, 3}


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A space of tex, with a message in it, and the working folder in it."""
    place = tmp_path / "space"
    init(place, actor="tex")
    with (place / "settings.local.yaml").open("a") as settings:
        settings.write("store: {sync: off}\n")
    with Post.open(space=place, me="tex") as post:
        post.messages.create_message("tex", "tex", "hi")
        post.contacts.add("crt", by="tex")
    monkeypatch.chdir(place)
    return place


def tree(space: Path) -> dict[str, bytes]:
    """Every name around the space, and the bytes of its mail and settings."""
    return {
        str(path): path.read_bytes() if path.is_file() and ".orgpost" not in path.parts else b""
        for path in sorted(space.parent.rglob("*"))
    }


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_command_makes_anything_of_a_hostile_name(
    name: str,
    space: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever stands where a name belongs: refused in one document, and not a file more."""
    cli, before = Cli(space, capsys, monkeypatch), tree(space)
    for line in WORDS.splitlines():
        answer = cli("--json", *(word.replace("NAME", name) for word in line.split()))
        assert answer.status in REFUSED, (line, answer)
        assert answer.document["error"]["hint"]
    assert tree(space) == before


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_tool_and_no_method_makes_anything_of_a_hostile_name(name: str, space: Path) -> None:
    """The second door and Python refuse it as commands do."""
    before, office = tree(space), Office(space, "tex")
    for tool, given in (
        ("send", {"to": name, "text": "hi"}),
        ("inbox", {"sender": name}),
        ("task_add", {"to": name, "title": "hi"}),
    ):
        if tool != "inbox" or name:  # an empty sender is anybody
            with pytest.raises(OrgpostError):
                office.call(tool, given)
    with Post.open(space=space, me="tex") as post:
        with pytest.raises(OrgpostError):
            post.messages.create_message("tex", name, "hi")
        with pytest.raises(OrgpostError):
            post.messages.create_message(name, "tex", "hi")
        with pytest.raises(OrgpostError):
            post.inbox(name)
        with suppress(OrgpostError):
            assert list(post.messages.find_unread(name)) == []
    assert tree(space) == before

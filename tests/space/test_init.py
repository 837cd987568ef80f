"""Making a space: what appears, with which modes, and what stays when it is made again."""

from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from orgpost.clock import Clock, FakeClock
from orgpost.contact_check import contacts_of
from orgpost.errors import (
    BadSettings,
    Exists,
    InvalidField,
    NoSpace,
    NotPermitted,
    OrgpostError,
    UnsafePath,
    Usage,
)
from orgpost.settings_file import load, set_key, space_file, user_file
from orgpost.space import Made, find, init
from orgpost.yaml_text import read_yaml

MAIL: Final = (
    "agents",
    "archive",
    "changes",
    "engines",
    "files",
    "inbox",
    "ledger",
    "trays",
    "triage",
)
PRIVATE: Final = ("backup", "hooks", "journal", "keys", "locks", "quarantine", "run")


def begin(folder: Path, **values: Any) -> Made:
    """Make a space of tex, on a known day."""
    return init(folder, **{"actor": "tex", "clock": FakeClock(), **values})


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below a folder, with mode and content."""
    return {
        str(path.relative_to(folder)): (
            stat.S_IMODE(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_new_space_has_its_folders_and_its_modes(tmp_path: Path, mask: int) -> None:
    """What is private is private under any umask."""
    space = tmp_path / "space"
    old = os.umask(mask)
    try:
        begin(space)
    finally:
        os.umask(old)
    modes = {name: mode for name, (mode, _) in tree(space).items()}
    folders = [f"org/messaging/{name}" for name in MAIL] + [f".orgpost/{name}" for name in PRIVATE]
    private = dict.fromkeys([*folders, "org/messaging", ".orgpost"], 0o700)
    files = ["org/messaging/contacts.yaml", "settings.local.yaml", ".orgpost/.gitignore"]
    assert modes == {**private, **dict.fromkeys(files, 0o600), "org": 0o755 & ~mask}


def test_a_new_space_knows_its_owner(tmp_path: Path) -> None:
    """A person of tier owner, named in the settings, with name, handles and day."""
    begin(tmp_path, name="Tex Novak", handles=["@t", "@t", "@boss"])
    parsed = read_yaml((tmp_path / "org/messaging/contacts.yaml").read_bytes(), "c")
    contacts = contacts_of(parsed.data, "c", parsed.line)
    assert (contacts.problems, contacts.warnings) == ((), ())
    assert [actor.to_dict() for actor in contacts.actors] == [
        {
            "id": "tex",
            "name": "Tex Novak",
            "kind": "person",
            "owner": None,
            "trust_tier": "owner",
            "handles": ["@t", "@boss"],
            "added": "2026-11-20",
        }
    ]
    assert load(tmp_path, {}).text("identity.name") == "tex"


def test_who_says_no_more_than_a_name_is_a_person_all_the_same(tmp_path: Path) -> None:
    """The name is the id, the day is today."""
    init(tmp_path, actor="tex")
    parsed = read_yaml((tmp_path / "org/messaging/contacts.yaml").read_bytes(), "c")
    [actor] = contacts_of(parsed.data, "c", parsed.line).actors
    age = Clock().now().date() - (actor.added or date.min)
    assert (actor.name, abs(age.days) <= 1) == ("tex", True)


def test_what_was_made_is_told(tmp_path: Path) -> None:
    """Paths relative to the space, each once."""
    made = begin(tmp_path)
    assert (made.space, made.actor, made.notes) == (tmp_path, "tex", ())
    assert set(made.created) == set(tree(tmp_path))
    assert len(made.created) == len(set(made.created))


def test_a_new_space_is_one(tmp_path: Path) -> None:
    """And .orgpost ignores itself wherever git looks."""
    begin(tmp_path)
    assert find(tmp_path) == tmp_path
    assert (tmp_path / ".orgpost/.gitignore").read_bytes() == b"*\n"


def test_made_again_nothing_changes(tmp_path: Path) -> None:
    """Also with another name for the same actor, also by another user of the machine."""
    begin(tmp_path)
    before = tree(tmp_path)
    again = [begin(tmp_path, name="Other", handles=["@o"]), begin(tmp_path, actor=None)]
    assert [made.created for made in again] == [(), ()]
    assert tree(tmp_path) == before


def test_made_again_only_what_is_missing_is_made(tmp_path: Path) -> None:
    """Whatever a person deleted or wrote."""
    begin(tmp_path)
    (tmp_path / "org/messaging/contacts.yaml").write_text(
        "actors:\n- {id: tex, kind: person}\n", encoding="utf-8"
    )
    (tmp_path / "settings.local.yaml").unlink()
    (tmp_path / "org/messaging/inbox").rmdir()
    before = tree(tmp_path)
    made = begin(tmp_path)
    assert set(made.created) == {"org/messaging/inbox", "settings.local.yaml"}
    assert before.items() <= tree(tmp_path).items()


def test_another_name_than_the_one_set_is_refused(tmp_path: Path) -> None:
    """A space does not change hands by being made again."""
    begin(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(Exists):
        begin(tmp_path, actor="crt")
    assert tree(tmp_path) == before


def test_without_a_name_it_is_the_users_then_the_machines(tmp_path: Path) -> None:
    """The settings say who one is; else $USER, where that is a legal name."""
    environ = {**os.environ, "USER": "user"}
    assert begin(tmp_path / "a", actor=None, environ=environ).actor == "user"
    set_key(user_file(os.environ), "identity.name", "mira")
    assert begin(tmp_path / "b", actor=None, environ=environ).actor == "mira"


@pytest.mark.parametrize("user", ["", "Tex", "agent", "a b"])
def test_without_any_name_nothing_is_made(tmp_path: Path, user: str) -> None:
    """Exit status 2, with the flag to give."""
    with pytest.raises(Usage) as refused:
        begin(tmp_path, actor=None, environ={**os.environ, "USER": user})
    assert (refused.value.hint, tree(tmp_path)) == ("--actor NAME", {})


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"actor": ".."}, InvalidField),
        ({"actor": "a/b"}, InvalidField),
        ({"actor": "@tex"}, InvalidField),
        ({"actor": "import"}, InvalidField),
        ({"actor": "t\u0435x"}, InvalidField),
        ({"name": "a\nb"}, InvalidField),
        ({"name": "a\x1bb"}, InvalidField),
        ({"handles": ["tex"]}, InvalidField),
        ({"handles": ["@a b"]}, InvalidField),
    ],
)
def test_a_hostile_name_makes_nothing(
    tmp_path: Path, values: dict[str, Any], error: type[OrgpostError]
) -> None:
    """All is checked before the first folder."""
    with pytest.raises(error):
        begin(tmp_path / "space", **values)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("name", ["no", "on", "007", "1e3", "0x1", "y", "null", "12-30"])
def test_a_name_that_yaml_takes_for_something_else_stays_a_name(tmp_path: Path, name: str) -> None:
    """It is written in quotes."""
    begin(tmp_path, actor=name)
    contacts = yaml.safe_load((tmp_path / "org/messaging/contacts.yaml").read_bytes())
    assert (contacts["actors"][0]["id"], load(tmp_path, {}).text("identity.name")) == (name, name)


@pytest.mark.parametrize("place", ["org/messaging/inbox", ".orgpost", ".orgpost/locks"])
def test_a_link_where_a_folder_must_be_is_refused(tmp_path: Path, place: str) -> None:
    """It could lead anywhere; where it leads, nothing appears."""
    space, victim = tmp_path / "space", tmp_path / "victim"
    victim.mkdir()
    (space / place).parent.mkdir(parents=True)
    (space / place).symlink_to(victim)
    with pytest.raises(UnsafePath):
        begin(space)
    assert tree(victim) == {}


def test_a_link_in_place_of_the_contacts_is_refused(tmp_path: Path) -> None:
    """Nothing is written through it, and nothing is made beside it."""
    (tmp_path / "org/messaging").mkdir(parents=True)
    (tmp_path / "org/messaging/contacts.yaml").symlink_to(tmp_path / "elsewhere")
    before = tree(tmp_path)
    with pytest.raises(UnsafePath):
        begin(tmp_path)
    assert tree(tmp_path) == before


def test_the_mail_may_lie_behind_a_link(tmp_path: Path) -> None:
    """org/messaging itself may be one, for who keeps it on another disk."""
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "space/org").mkdir(parents=True)
    (tmp_path / "space/org/messaging").symlink_to(real)
    begin(tmp_path / "space")
    assert (real / "contacts.yaml").is_file()


@pytest.mark.parametrize("place", ["space", "space/org", "space/org/messaging/inbox"])
def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path, place: str) -> None:
    """And stays."""
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("mine", encoding="utf-8")
    with pytest.raises(UnsafePath):
        begin(tmp_path / "space")
    assert (tmp_path / place).read_text(encoding="utf-8") == "mine"


def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With path and reason, and no traceback."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(NotPermitted, match="Permission denied"):
        begin(tmp_path / "space")


def test_a_folder_that_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    """A link to itself leads nowhere."""
    (tmp_path / "org").symlink_to("org")
    with pytest.raises(NotPermitted):
        begin(tmp_path)


def test_a_file_that_appears_meanwhile_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was faster keeps it."""

    def refuse(*_: object, **__: object) -> None:
        raise FileExistsError(17, "File exists")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UnsafePath):
        begin(tmp_path / "space")


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Freeing room helps; a right would not."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(NoSpace):
        begin(tmp_path / "space")


def test_bad_settings_stop_it(tmp_path: Path) -> None:
    """Nothing is made beside them."""
    space_file(tmp_path).write_text("identity: 3\n", encoding="utf-8")
    before = tree(tmp_path)
    with pytest.raises(BadSettings):
        begin(tmp_path)
    assert tree(tmp_path) == before


def test_without_git_no_file_of_git_is_touched(tmp_path: Path) -> None:
    """But .orgpost's own, which is private."""
    (tmp_path / ".gitignore").write_text("*.pyc", encoding="utf-8")
    begin(tmp_path)
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "*.pyc"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "settings.local.yaml\n.orgpost/\n"),
        ("*.pyc", "*.pyc\nsettings.local.yaml\n.orgpost/\n"),
        ("# x\n.orgpost/\n", "# x\n.orgpost/\nsettings.local.yaml\n"),
        ("settings.local.yaml\r\n.orgpost/\r\n", "settings.local.yaml\r\n.orgpost/\r\n"),
    ],
)
def test_with_git_what_is_private_is_ignored(
    tmp_path: Path, before: str | None, after: str
) -> None:
    """Lines are added once, and the rest stays."""
    path = tmp_path / ".gitignore"
    if before is not None:
        path.write_bytes(before.encode())
        path.chmod(0o600)
    made = begin(tmp_path, git=True)
    begin(tmp_path, git=True)
    assert stat.S_IMODE(path.stat().st_mode) == (0o644 if before is None else 0o600)
    assert path.read_bytes().decode() == after
    assert (".gitignore" in made.created) == (before is None)


def test_a_shared_space_gives_its_group_the_contacts(tmp_path: Path) -> None:
    """Where org/messaging is group-writable, so is what is made in it."""
    messaging = tmp_path / "org/messaging"
    messaging.mkdir(parents=True)
    messaging.chmod(0o770)
    begin(tmp_path)
    assert stat.S_IMODE((messaging / "contacts.yaml").stat().st_mode) == 0o660


def test_what_a_person_should_know_is_noted(tmp_path: Path) -> None:
    """Old mail, contacts that do not know the actor, settings that name nobody."""
    (tmp_path / "org/inboxes").mkdir(parents=True)
    (tmp_path / "org/messaging").mkdir()
    (tmp_path / "org/messaging/contacts.yaml").write_text("actors: []\n", encoding="utf-8")
    space_file(tmp_path).write_text("# mine\n", encoding="utf-8")
    commands = [note.rpartition(": ")[2] for note in begin(tmp_path).notes]
    assert commands == [
        "orgpost contacts add tex",
        "orgpost config set identity.name tex",
        "orgpost migrate",
    ]


def test_it_does_not_search_for_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A space in a space is made where it was asked for."""
    begin(tmp_path)
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    assert begin(Path("."), actor="crt").space == inner

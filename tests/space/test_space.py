"""Finding a space and who acts in it: what is named counts, and nothing falls through."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.config import Layer, Settings
from orgpost.contact import Actor, Contacts
from orgpost.errors import BadSettings, NoIdentity, NotASpace, Problem, UnknownActor
from orgpost.settings_file import set_key, user_file
from orgpost.space import find, is_space, who_acts

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE: Final = Contacts(
    [
        Actor(id=id, name=id, kind="person", handles=(f"@{id[0]}",))
        for id in ("crt", "tex-agent", "mira", "tex", "user")
    ]
)
PROBLEM: Final = Problem(file="contacts.yaml", line=1, key="", problem="is bad", hint="")


def made(folder: Path) -> Path:
    """Make the least that is a space."""
    (folder / "org/messaging").mkdir(parents=True)
    return folder


def settings(name: str) -> Settings:
    """Settings that say who acts."""
    return Settings([Layer("f", {"identity.name": name})])


def default_space(place: Path) -> None:
    """Put it into the user's own settings."""
    set_key(user_file(os.environ), "messaging.default_space", f'"{place}"')


def test_a_space_is_found_in_the_order_of_who_names_it(tmp_path: Path) -> None:
    """The flag, the variable, the nearest folder upwards, the user's setting."""
    flag, variable, near, default = (made(tmp_path / name) for name in "abcd")
    deep = near / "x/y"
    deep.mkdir(parents=True)
    default_space(default)
    environ = {**os.environ, "ORGPOST_SPACE": str(variable)}
    assert find(flag, environ, deep) == flag
    assert find(None, environ, deep) == variable
    del environ["ORGPOST_SPACE"]
    assert find(None, environ, deep) == near
    assert find(None, environ, tmp_path) == default


def test_the_nearest_space_upwards_is_meant(tmp_path: Path) -> None:
    """A space in a space is its own."""
    inner = made(made(tmp_path) / "org/sub")
    assert (find(start=inner), find(start=inner / "org"), find(start=inner.parent)) == (
        inner,
        inner,
        tmp_path,
    )


@pytest.mark.parametrize("who", ["flag", "variable", "setting"])
def test_a_named_place_that_is_no_space_is_an_error(tmp_path: Path, who: str) -> None:
    """There is no falling through to the next one."""
    here, nowhere = made(tmp_path / "here"), tmp_path / "nowhere"
    environ = dict(os.environ)
    named, start = None, here
    if who == "flag":
        named = str(nowhere)
    elif who == "variable":
        environ["ORGPOST_SPACE"] = str(nowhere)
    else:
        default_space(nowhere)
        start = tmp_path
    with pytest.raises(NotASpace) as refused:
        find(named, environ, start)
    assert (refused.value.details, refused.value.hint) == (
        {"path": str(nowhere)},
        f"orgpost init {nowhere}",
    )


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    """A script that unsets it by emptying it is understood."""
    space = made(tmp_path)
    assert find(None, {**os.environ, "ORGPOST_SPACE": ""}, space) == space


def test_nowhere_is_told_with_the_way_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the working folder is gone."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    with pytest.raises(NotASpace):
        find()
    gone.rmdir()
    with pytest.raises(NotASpace) as refused:
        find()
    assert refused.value.hint == "orgpost init ."


def test_bad_settings_of_the_user_stop_the_search_that_needs_them(tmp_path: Path) -> None:
    """Where a space is found before, they stop nobody here."""
    path = user_file(os.environ)
    path.parent.mkdir(parents=True)
    path.write_text("messaging: 3\n", encoding="utf-8")
    space = made(tmp_path / "a")
    assert find(start=space) == space
    with pytest.raises(BadSettings):
        find(start=tmp_path)


def test_a_space_may_be_reached_through_a_link(tmp_path: Path) -> None:
    """And is called as it was called."""
    made(tmp_path / "real")
    link = tmp_path / "link"
    link.symlink_to("real")
    assert find(link) == link


def test_a_relative_name_counts_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what comes back is absolute."""
    made(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    assert find("a") == tmp_path / "a"


def test_a_file_in_place_of_the_folder_is_no_space(tmp_path: Path) -> None:
    """Nor is what cannot be looked into."""
    (tmp_path / "org").write_text("", encoding="utf-8")
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    assert [is_space(folder) for folder in (tmp_path, loop, tmp_path / "a\0b")] == [False] * 3


def test_a_folder_that_may_not_be_looked_into_is_no_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search goes on above it."""
    space = made(tmp_path)
    look = type(space).is_dir

    def refuse(path: Path) -> bool:
        if "closed" in path.parts:
            raise PermissionError(13, "Permission denied")
        return look(path)

    monkeypatch.setattr(type(space), "is_dir", refuse)
    assert find(start=space / "closed") == space


def test_who_acts_is_said_in_this_order() -> None:
    """The flag, what started us, the person's variable, the settings, the machine's user."""
    environ = {"ORGPOST_AS": "tex-agent", "ORGPOST_ACTOR": "mira", "USER": "user"}
    known = settings("tex")
    told = [who_acts("crt", environ, known, PEOPLE), who_acts(None, environ, known, PEOPLE)]
    for gone in ("ORGPOST_AS", "ORGPOST_ACTOR"):
        del environ[gone]
        told.append(who_acts(None, environ, known, PEOPLE))
    told.append(who_acts(None, environ, Settings(), PEOPLE))
    assert told == ["crt", "tex-agent", "mira", "tex", "user"]
    with pytest.raises(NoIdentity):
        who_acts(None, {}, Settings(), PEOPLE)


def test_an_empty_word_says_nobody() -> None:
    """A variable that is set to nothing is not set."""
    environ = {"ORGPOST_AS": "", "ORGPOST_ACTOR": "mira"}
    assert who_acts("", environ, Settings(), PEOPLE) == "mira"


def test_a_handle_is_accepted_for_who_acts() -> None:
    """As wherever an actor is."""
    assert who_acts("@M", {}, Settings(), PEOPLE) == "mira"


@pytest.mark.parametrize("place", ["flag", "ORGPOST_AS", "ORGPOST_ACTOR", "settings"])
def test_who_is_said_to_act_and_is_nobody_is_an_error(place: str) -> None:
    """There is no falling through to the next one."""
    environ = {"USER": "user", **({place: "txe"} if place.isupper() else {})}
    known = settings("txe") if place == "settings" else Settings()
    with pytest.raises(UnknownActor) as refused:
        who_acts("txe" if place == "flag" else None, environ, known, PEOPLE)
    assert "tex" in refused.value.nearest


def test_the_machines_user_is_nobody_unless_known() -> None:
    """Nobody becomes an actor by logging in."""
    with pytest.raises(NoIdentity):
        who_acts(None, {"USER": "root"}, Settings(), PEOPLE)


def test_with_bad_contacts_a_legal_name_may_read_its_mail() -> None:
    """The file may know fewer than it says; an illegal name is still nobody."""
    bad = Contacts([], problems=[PROBLEM])
    assert who_acts("tex", {}, Settings(), bad) == "tex"
    assert who_acts(None, {"USER": "tex"}, Settings(), bad) == "tex"
    with pytest.raises(UnknownActor):
        who_acts("../tex", {}, Settings(), bad)
    with pytest.raises(NoIdentity):
        who_acts(None, {"USER": "Tex"}, Settings(), bad)

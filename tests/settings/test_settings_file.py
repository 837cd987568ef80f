"""Settings on disk: which file counts, what stops a command, and what `config set` leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import orgpost
from orgpost import settings_file
from orgpost.errors import BadSettings
from orgpost.settings_file import examine, files, load, set_key

ENVIRON: Final = os.environ


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A folder; settings do not ask whether it is a space."""
    return tmp_path


@pytest.fixture
def path(space: Path) -> Path:
    """The space's file, not there yet."""
    return space / "settings.local.yaml"


@pytest.fixture
def mine(home: Path) -> Path:
    """The user's own file, not there yet, in a folder that is."""
    path = settings_file.user_file(ENVIRON)
    path.parent.mkdir(parents=True)
    return path


def faults(space: Path) -> list[tuple[str, int | None, str]]:
    """All problems, each as file, line and key."""
    with pytest.raises(BadSettings) as refused:
        load(space, ENVIRON)
    return [(Path(it["file"]).name, it["line"], it["key"]) for it in refused.value.problems]


def test_without_a_file_nothing_is_wrong(space: Path) -> None:
    """And nobody imports yaml."""
    code = (
        "import sys, pathlib; from orgpost.settings_file import load; "
        f"load(pathlib.Path({str(space)!r}), {{}}); print('yaml' in sys.modules)"
    )
    env = {"PYTHONPATH": str(Path(orgpost.__file__).parents[1]), "HOME": str(space)}
    assert subprocess.check_output([sys.executable, "-c", code], env=env, text=True) == "False\n"


def test_the_spaces_file_is_stronger_than_the_users(space: Path, path: Path, mine: Path) -> None:
    """Key by key."""
    mine.write_text("identity: {name: tex}\nstore: {quarantine_days: 1}\n", encoding="utf-8")
    path.write_text("store: {quarantine_days: 2}\n", encoding="utf-8")
    settings = load(space, ENVIRON)
    assert (settings.text("identity.name"), settings.whole("store.quarantine_days")) == ("tex", 2)
    origins = [settings.origin(name) for name in ("identity.name", "store.quarantine_days")]
    assert origins == [str(mine), str(path)]


def test_all_problems_of_all_files_are_told_at_once(space: Path, path: Path, mine: Path) -> None:
    """An unknown key, a wrong type and a bad tier: each with file and line, exit status 78."""
    mine.write_text("\nstore: {sink: full}\n", encoding="utf-8")
    path.write_text(
        "messaging:\n  archive_keep: x\n  archive_keep: 1\n  trust_overrides: {crt: boss}\n",
        encoding="utf-8",
    )
    assert faults(space) == [
        ("settings.local.yaml", 2, "store.sink"),
        ("settings.local.yaml", 3, "messaging.archive_keep"),
        ("settings.local.yaml", 2, "messaging.archive_keep"),
        ("settings.local.yaml", 4, "messaging.trust_overrides.crt"),
    ]


def test_who_only_looks_gets_what_is_good_and_what_is_not(space: Path, path: Path) -> None:
    """The doctor works with bad settings."""
    path.write_text("store: {quarantine_days: 7, sync: maybe}\n", encoding="utf-8")
    settings, problems = examine(space, ENVIRON)
    assert (settings.whole("store.quarantine_days"), settings.text("store.sync")) == (7, "full")
    assert len(problems) == 1


@pytest.mark.parametrize("data", [b"a: [\n", b"\xff\xfe", b"store: !x\n", b"- a\n", b"x" * 2**21])
def test_what_cannot_be_read_stops_every_command(space: Path, path: Path, data: bytes) -> None:
    """Nothing runs on half-read settings."""
    path.write_bytes(data)
    assert len(faults(space)) == 1


def test_a_folder_or_pipe_in_place_of_the_file_is_told(space: Path, path: Path) -> None:
    """And nobody waits for a pipe."""
    os.mkfifo(path)
    assert faults(space) == [("settings.local.yaml", None, "")]


def test_a_file_that_may_not_be_read_is_told(
    space: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for one that is not there."""
    path.write_text("x", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert faults(space) == [("settings.local.yaml", None, "")]


def test_the_users_file_lies_where_the_desktop_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty or relative XDG_CONFIG_HOME counts as not set."""
    places = [settings_file.user_file({"XDG_CONFIG_HOME": base}) for base in ("/c", "", "x")]
    usual = Path.home() / ".config/orgpost/settings.local.yaml"
    assert places == [Path("/c/orgpost/settings.local.yaml"), usual, usual]
    assert files(None, {"XDG_CONFIG_HOME": "/c"}) == places[:1]


def test_paths_are_absolute_and_count_from_the_files_folder(
    space: Path, path: Path, home: Path
) -> None:
    """A working folder that drifts changes nothing."""
    text = "messaging: {default_space: ~/mail, spaces: [a/b, /c, ~nobody-here/d]}\n"
    path.write_text(text, encoding="utf-8")
    settings = load(space, ENVIRON)
    assert settings.text("messaging.default_space") == str(home / "mail")
    odd = str(space / "~nobody-here/d")
    assert settings.words("messaging.spaces") == (str(space / "a/b"), "/c", odd)


@pytest.mark.parametrize(
    ("key", "words", "before", "after"),
    [
        ("store.sync", "off", "", 'store:\n  sync: "off"\n'),
        ("identity.name", "tex", "# mine\n", "# mine\nidentity:\n  name: tex\n"),
        (
            "store.quarantine_days",
            "7",
            "store:\n  sync: full # x\n",
            "store:\n  sync: full # x\n  quarantine_days: 7\n",
        ),
        (
            "identity.handles",
            "['@a', '@b']",
            "identity: {name: tex}  # me\n",
            'identity: {name: tex, handles: ["@a", "@b"]}  # me\n',
        ),
        (
            "messaging.trust_overrides",
            "{crt: team}",
            "messaging:\n\n# end\n",
            "messaging:\n  trust_overrides:\n    crt: team\n\n# end\n",
        ),
        ("identity.name", "null", "identity: {name: tex}\n", "identity: {name: null}\n"),
    ],
)
def test_set_changes_one_key_and_keeps_the_rest(
    path: Path, space: Path, key: str, words: str, before: str, after: str
) -> None:
    """Comments and other bytes stay, and the value counts."""
    path.write_text(before, encoding="utf-8")
    change = set_key(path, key, words)
    assert (change.key, change.file, change.changed) == (key, path, True)
    assert path.read_text(encoding="utf-8") == after
    assert load(space, ENVIRON)[key] == change.value


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_set_makes_the_file_private_whatever_the_umask(path: Path, mask: int) -> None:
    """Also one that was open to others, also where nothing changes."""
    old = os.umask(mask)
    try:
        set_key(path, "store.sync", "full")
        made = path.stat().st_mode & 0o777
        path.chmod(0o644)
        assert not set_key(path, "store.sync", "full").changed
    finally:
        os.umask(old)
    assert (made, path.stat().st_mode & 0o777) == (0o600, 0o600)


def test_set_again_writes_nothing(path: Path) -> None:
    """The same value in the person's own words stays as it is written."""
    path.write_text("store: {sync: 'full', quarantine_days: 0x10}\n", encoding="utf-8")
    path.chmod(0o600)
    before = path.stat()
    changes = [set_key(path, "store.sync", "full"), set_key(path, "store.quarantine_days", "16")]
    assert [change.changed for change in changes] == [False, False]
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("store.sink", "full"),
        ("store", "{}"),
        ("store.sync", "maybe"),
        ("store.sync", "["),
        ("store.quarantine_days", "many"),
        ("store.quarantine_days", "null"),
        ("identity.name", "../x"),
        ("identity.name", "a\udcff"),
        ("messaging.spaces", "*x"),
    ],
)
def test_a_wrong_key_or_value_is_refused_and_nothing_is_written(
    path: Path, key: str, words: str
) -> None:
    """Exit status 78, and the file is not even made."""
    with pytest.raises(BadSettings):
        set_key(path, key, words)
    assert not path.exists()


@pytest.mark.parametrize("text", ["a: [\n", "store: {sink: 1}\n", "store: !x {}\n"])
def test_the_whole_result_is_checked_before_a_byte_is_written(path: Path, text: str) -> None:
    """A file that would still be wrong afterwards is not touched."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadSettings):
        set_key(path, "store.sync", "full")
    assert path.read_text(encoding="utf-8") == text


def test_set_can_mend_the_key_that_was_wrong(space: Path, path: Path) -> None:
    """What counts is the result."""
    path.write_text("store: {sync: maybe}\n", encoding="utf-8")
    set_key(path, "store.sync", "full")
    assert load(space, ENVIRON).text("store.sync") == "full"


def test_set_does_not_take_a_truth_for_a_number(space: Path, path: Path) -> None:
    """To Python true is 1, to a person it is not."""
    path.write_text("store: {quarantine_days: true}\n", encoding="utf-8")
    assert set_key(path, "store.quarantine_days", "1").changed
    assert load(space, ENVIRON).whole("store.quarantine_days") == 1


def test_set_refuses_to_write_over_what_is_no_file(path: Path) -> None:
    """A folder of that name is somebody's mistake, not ours to mend."""
    path.mkdir()
    with pytest.raises(BadSettings):
        set_key(path, "store.sync", "full")


def test_an_unknown_key_is_told_the_nearest(path: Path) -> None:
    """Or where to find all of them."""
    hints = []
    for key in ("store.sink", "qqqqqqqq"):
        with pytest.raises(BadSettings) as refused:
            set_key(path, key, "1")
        hints += [it["hint"] for it in refused.value.problems]
    assert hints == ["did you mean store.sync?", "orgpost config show lists all"]


def test_the_users_file_is_made_in_a_private_folder() -> None:
    """Where there was no folder yet."""
    path = settings_file.user_file(ENVIRON)
    set_key(path, "identity.name", "tex")
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_link_to_a_file_kept_elsewhere_stays_a_link(path: Path, tmp_path: Path) -> None:
    """Who keeps settings in a folder of dotfiles does so on purpose."""
    real = tmp_path / "dotfiles.yaml"
    real.write_text("# mine\n", encoding="utf-8")
    path.symlink_to(real)
    set_key(path, "identity.name", "tex")
    assert path.is_symlink()
    assert real.read_text(encoding="utf-8") == "# mine\nidentity:\n  name: tex\n"

"""Settings on disk: the space's file, the user's file, and setting one key by place.

No file is needed. What stands in them is judged by `config`; here they are read, all their problems
are raised together, and paths are made absolute (a relative one counts from the file's folder).
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orgpost import config
from orgpost.errors import BadSettings, Problem
from orgpost.frozen import NamedTuple
from orgpost.yaml_text import LARGEST_FILE, Parsed, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAME: Final = "settings.local.yaml"
_PRIVATE: Final = 0o600


class Change(NamedTuple):
    """What `set_key` did."""

    key: str
    value: Any
    file: Path
    changed: bool


def space_file(space: Path) -> Path:
    """Give the settings of a space, whether they are there or not."""
    return space / NAME


def user_file(environ: Mapping[str, str]) -> Path:
    """Give the user's own settings, whether they are there or not."""
    base = environ.get("XDG_CONFIG_HOME", "")
    folder = Path(base)
    if not folder.is_absolute():
        folder = Path("~/.config").expanduser()
    return folder / "orgpost" / NAME


def files(space: Path | None, environ: Mapping[str, str]) -> list[Path]:
    """Give every file of settings, the weakest first."""
    return [user_file(environ), *([] if space is None else [space_file(space)])]


def load(space: Path | None, environ: Mapping[str, str]) -> config.Settings:
    """Read and merge all files; any problem in any of them is `BadSettings`, with all problems."""
    settings, problems = examine(space, environ)
    if problems:
        raise BadSettings(problems)
    return settings


def examine(
    space: Path | None, environ: Mapping[str, str]
) -> tuple[config.Settings, list[Problem]]:
    """Read what can be read, and tell all that is wrong, for those who only look."""
    read = [read_file(path) for path in files(space, environ)]
    problems = [problem for _, found in read for problem in found]
    return config.Settings([layer for layer, _ in read]), problems


def read_file(path: Path) -> tuple[config.Layer, list[Problem]]:
    """Read one file; one that is not there says nothing."""
    data, problems = _bytes_of(path)
    layer, found = _understand(data, path)
    return layer, problems + found


def set_key(
    path: Path,
    key: str,
    words: str,
    *,
    check: Callable[[config.Settings], list[Problem]] = lambda _: [],
) -> Change:
    """Set one key of a file to a value, given as YAML; the whole result is checked first.

    `check` knows more than the file does, such as who is a person.
    """
    value = _value_of(key, words)
    data, problems = _bytes_of(path)
    if problems:
        raise BadSettings(problems)
    page = read_yaml(data, str(path))
    if page.problems:
        raise BadSettings(page.problems)
    new = _with_key(page, key, value)
    layer, problems = _understand(new, path)
    problems += check(config.Settings([layer]))
    if problems:
        raise BadSettings(problems)
    changed = new != data
    if changed or _is_open_to_others(path):
        _write(path, new)
    return Change(key, value, path, changed)


def _bytes_of(path: Path) -> tuple[bytes, list[Problem]]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return b"", [_problem(path, "is no regular file")]
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1), []
    except (FileNotFoundError, NotADirectoryError):
        return b"", []
    except OSError as error:
        return b"", [_problem(path, f"cannot be read: {error.strerror}")]


def _understand(data: bytes, path: Path) -> tuple[config.Layer, list[Problem]]:
    page = read_yaml(data, str(path))
    layer, problems = config.check(page.data, str(path), page.line)
    values = {key: _absolute(key, value, path.parent) for key, value in layer.values.items()}
    return layer._replace(values=values), page.problems + problems


def _absolute(key: str, value: Any, folder: Path) -> Any:
    kind = config.BY_NAME[key].kind
    if kind == "path":
        return _absolute_path(value, folder)
    return [_absolute_path(item, folder) for item in value] if kind == "paths" else value


def _absolute_path(value: str, folder: Path) -> str:
    try:
        place = Path(value).expanduser()
    except RuntimeError:  # ~nobody is a name like any other where nobody has no home
        place = Path(value)
    return str(folder.absolute() / place)


def _value_of(key: str, words: str) -> Any:
    if key not in config.BY_NAME:
        near = config.nearest_name(key)
        hint = f"did you mean {near}?" if near else "orgpost config show lists all"
        raise BadSettings([_problem(key, "is no setting", hint)])
    page = read_yaml(words.encode("utf-8", "surrogateescape"), key)
    value, faults = config.check_value(key, page.data)
    problems = [*page.problems, *(_problem(key, what, hint) for _, what, hint in faults)]
    if problems:
        raise BadSettings(problems)
    return value


def _with_key(page: Parsed, key: str, value: Any) -> bytes:
    # Not at the top: every command reads settings, one sets them.
    from orgpost.yaml_place import set_value

    path = tuple(key.split("."))
    held: Any = page.data
    for step in path:
        held = held.get(step) if isinstance(held, dict) else None
    # The same value in other words ('full' for full) is left in the person's words.
    same = path in page.marks and held == value and type(held) is type(value)
    return page.encode(page.text) if same else set_value(page, path, value)


def _is_open_to_others(path: Path) -> bool:
    return path.stat().st_mode & 0o077 != 0


def _write(path: Path, data: bytes) -> None:
    # Not at the top: reading settings should not cost the store.
    from orgpost.store import replace_file

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Who keeps dotfiles elsewhere has a link here, and keeps it.
    replace_file(path.resolve(), data, mode=_PRIVATE)


def _problem(file: Path | str, what: str, hint: str = "") -> Problem:
    return Problem(file=str(file), line=None, key="", problem=what, hint=hint)

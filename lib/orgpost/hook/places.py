"""Where: the space of a call, the names that may become paths, the user's settings.

A place that is named and is no space is no space: there is no falling through to the next one.
"""

import posix

from .call import Call, variable
from .disk import is_folder, read

MAIL = "org/messaging"
SETTINGS = "settings.local.yaml"
LONGEST_NAME = 48
NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
RESERVED = frozenset({"all", "me", "agent", "orgpost", "import"})


def is_name(text: str) -> bool:
    """Whether a text may name an actor; asked before a path is built of it."""
    return (
        0 < len(text) <= LONGEST_NAME
        and text[0] not in "_-"
        and NAME_LETTERS.issuperset(text)
        and text not in RESERVED
    )


def find_space(call: Call) -> str | None:
    """The space: the named one, else the nearest above the client's folder, else the default."""
    if call.space:
        return _if_space(_absolute(call.space))
    return _nearest(call.folder()) or _if_space(_default_space())


def user_settings() -> str | None:
    """Where the user's own settings are; None for a user without a home."""
    folder = variable("XDG_CONFIG_HOME")
    if not folder.startswith("/"):
        home = user_home()
        if not home:
            return None
        folder = f"{home}/.config"
    return f"{folder}/orgpost/{SETTINGS}"


def user_home() -> str:
    """The user's home, as the environment or else the system says."""
    home = variable("HOME")
    if home:
        return home
    import pwd

    try:
        return pwd.getpwuid(posix.getuid()).pw_dir
    except KeyError:
        return ""


def _if_space(folder: str) -> str | None:
    return folder if folder and is_folder(f"{folder}/{MAIL}") else None


def _absolute(path: str) -> str:
    if path.startswith("/"):
        return path.rstrip("/") or "/"
    try:
        return f"{posix.getcwd()}/{path}".rstrip("/")
    except OSError:
        return ""


def _nearest(folder: str) -> str | None:
    while folder.startswith("/"):
        if is_folder(f"{folder}/{MAIL}"):
            return folder
        folder = folder.rstrip("/").rpartition("/")[0]
    return None


def _default_space() -> str:
    """`messaging.default_space` of the user's settings, as `orgpost config set` writes it.

    There is no YAML here: what is written in another way names no space to a hook.
    """
    path = user_settings()
    settings = (read(path) if path else None) or b""
    section = ""
    for line in settings.decode("utf-8", "surrogateescape").split("\n"):
        if line[:1] not in {"", " ", "#"}:
            section = line.partition("#")[0].rstrip()
        key, _, value = line.strip().partition(": ")
        if section == "messaging:" and line.startswith(" ") and key == "default_space":
            return _expanded(value.strip(), path or "")
    return ""


def _expanded(value: str, settings: str) -> str:
    if value[:1] in {"'", '"'}:
        value = value[1:].partition(value[0])[0]
    else:
        value = value.partition(" #")[0].rstrip()
    if value == "~" or value.startswith("~/"):
        value = user_home() + value[1:]
    return value if value.startswith("/") or not value else f"{settings.rpartition('/')[0]}/{value}"

"""Stamps: how the gate, which can only compare the times of files, knows that nothing is new.

    stamps/default                 the actor whom the settings name
    stamps/ACTOR/quiet             nothing to tell anybody
    stamps/ACTOR/told-SESSION      nothing to tell this session

A stamp is one line: `1 FOLDER`, then for each watched file `here` or `gone`, then `yes` where the
settings name this actor. FOLDER, beside it, holds a file for each one that is here, with its very
time. It vouches while all times are equal, so it is written only where nothing can become news
without one of these files changing; from the times that were taken before anything was read.
"""

import posix
import stat
import time

from .disk import PRIVATE_FILE, REFUSALS, names, own_folder, read, remove, remove_folder, replace
from .places import MAIL, SETTINGS

FORM = "1"
QUIET, DEFAULT = "quiet", "default"
# Two writes may share one tick of a clock, and some shells compare whole seconds.
SETTLED_NS = 2_000_000_000
LONGEST_SESSION = 64


class Watched:
    """The files that could make news for an actor, and their times at one moment."""

    def __init__(self, space: str, actor: str, user: str | None) -> None:
        journal = f"{space}/.orgpost/journal"
        self.files = (
            ("inbox", f"{space}/{MAIL}/inbox/{actor}.org"),
            ("tasks", f"{space}/{MAIL}/agents/{actor}.org"),
            ("inbox-journal", f"{journal}/inbox+{actor}.org.j"),
            ("tasks-journal", f"{journal}/agents+{actor}.org.j"),
            ("contacts", f"{space}/{MAIL}/contacts.yaml"),
            ("settings", f"{space}/{SETTINGS}"),
            ("user-settings", user or ""),
        )
        self.inbox_lock = f"{space}/.orgpost/locks/inbox+{actor}.org.lock"
        self.times = [_look(path) for _, path in self.files]

    def path_of(self, name: str) -> str:
        """Where a watched file is."""
        return dict(self.files)[name]

    def is_settled(self) -> bool:
        """Whether all of them are as they were, can be known by their times, and are old enough."""
        newest = time.time_ns() - SETTLED_NS
        return self.times == [_look(path) for _, path in self.files] and all(
            0 <= when <= newest for when in self.times if when is not None
        )


def _look(path: str) -> int | None:
    """The time of a regular file, None where nothing is; less than 0 for anything else."""
    try:
        found = posix.stat(path)
    except FileNotFoundError:
        return None
    except REFUSALS:
        return -1
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else -1


class Stamps:
    """The stamps of one actor."""

    def __init__(self, notes: str, actor: str) -> None:
        self._notes = f"{notes}/stamps"
        self._folder = f"{self._notes}/{actor}"
        self._actor = actor

    def epoch(self) -> str:
        """The name of the last quiet stamp: whoever noted something before it must begin anew."""
        words = (read(f"{self._folder}/{QUIET}", 512) or b"").decode("ascii", "replace").split()
        return words[1] if len(words) > 1 else "-"

    def write(self, name: str, watched: Watched, *, by_default: bool) -> bool:
        """Leave a stamp, if the times can vouch for it."""
        if not (watched.is_settled() and own_folder(self._notes) and own_folder(self._folder)):
            return False
        made = f"{name}.{time.time_ns():x}-{posix.getpid()}"
        kept = f"{self._folder}/{made}"
        if not own_folder(kept):
            return False
        if not (_keep_times(kept, watched) and watched.is_settled()):
            remove_folder(kept)
            return False
        marks = ["gone" if when is None else "here" for when in watched.times]
        line = " ".join([FORM, made, *marks, "yes" if by_default else "no"])
        done = replace(f"{self._folder}/{name}", f"{line}\n".encode())
        if by_default:
            replace(f"{self._notes}/{DEFAULT}", f"{self._actor}\n".encode())
        self._sweep(name, made)
        return done

    def remove(self, name: str) -> None:
        """Take a stamp back."""
        remove(f"{self._folder}/{name}")
        self._sweep(name, "")

    def _sweep(self, name: str, made: str) -> None:
        for old in names(self._folder):
            if old.startswith(f"{name}.") and old != made:
                remove_folder(f"{self._folder}/{old}")


def told_name(session: str) -> str:
    """The stamp of a session; empty where its id is none that a shell can compare."""
    plain = session.isascii() and session.replace("-", "").isalnum()
    return f"told-{session}" if plain and len(session) <= LONGEST_SESSION else ""


def _keep_times(folder: str, watched: Watched) -> bool:
    """Make a file with the time of each watched one; whether the disk keeps times that exactly."""
    for (name, _), when in zip(watched.files, watched.times, strict=True):
        if when is None:
            continue
        path = f"{folder}/{name}"
        try:
            posix.close(posix.open(path, posix.O_WRONLY | posix.O_CREAT, PRIVATE_FILE))
            posix.utime(path, ns=(when, when))
        except REFUSALS:
            return False
        if _look(path) != when:
            return False
    return True

"""Some files alone, as somebody is about to commit them: whether each is sound in itself.

Nothing else is read and nothing is written: no lock, no journal, no other file. What only a whole
space can tell, such as an id that another file has, too, is for `examine`.
"""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import TYPE_CHECKING, Final

from orgpost.doctor.entry_checks import ENTRY_CHECKS, EntryCheck, check_times
from orgpost.doctor.finding import Finding, Findings
from orgpost.doctor.patient import FOLDERS, OrgFile
from orgpost.doctor.text_checks import TEXT_CHECKS
from orgpost.errors import NoSuchFile
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo
    from pathlib import Path

_MAIL: Final = tuple(ROOT.split("/"))


def examine_files(paths: Iterable[Path], zone: tzinfo) -> Findings:
    """Look at these files; those that hold no mail of any space are passed over."""
    return Findings(tuple(finding for path in paths for finding in _look(path, zone)))


def _look(path: Path, zone: tzinfo) -> Iterator[Finding]:
    place = _place_of(path)
    if place is None:
        if not os.path.lexists(path):
            raise NoSuchFile(path)
        return
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            what = "it is a link, or no plain file: nothing below org/messaging may be one"
            yield Finding(check="unsafe-path", file=f"{ROOT}/{place}", message=what)
            return
        file = OrgFile(place, path.read_bytes())
    except FileNotFoundError:
        raise NoSuchFile(path) from None
    except OSError as error:
        what = f"it cannot be read: {os.strerror(error.errno or 0)}"
        yield Finding(check="unreadable", file=f"{ROOT}/{place}", message=what)
        return
    for text_check in TEXT_CHECKS:
        yield from text_check(file)
    checks: tuple[EntryCheck, ...] = (*ENTRY_CHECKS, partial(check_times, zone=zone))
    for placed in file.entries:
        for entry_check in checks:
            yield from entry_check(file, placed)


def _place_of(path: Path) -> str | None:
    """Give where a file lies below the nearest `org/messaging`; None where it holds no mail."""
    parts = path.absolute().parts
    for at in range(len(parts) - len(_MAIL), 0, -1):
        if parts[at : at + len(_MAIL)] == _MAIL:
            below = parts[at + len(_MAIL) :]
            is_mail = len(below) == 2 and below[0] in FOLDERS and path.suffix == ".org"  # noqa: PLR2004  folder and name
            return "/".join(below) if is_mail else None
    return None

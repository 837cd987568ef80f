"""The units that show notices: each is parsed, and its command line is one that we have."""

from __future__ import annotations

import configparser
import plistlib
import shlex
from pathlib import Path
from typing import Final

import pytest

from orgpost.cli.words import parse

ROOT: Final = Path(__file__).resolve().parents[2]
UNITS: Final = ROOT / "templates" / "units"


def of_systemd() -> tuple[list[str], str]:
    """What the service runs, and where its lines go."""
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # its words have capitals
    unit.read_string((UNITS / "orgpost-listen.service").read_text())
    assert unit["Service"]["Restart"] == "always"
    assert unit["Install"]["WantedBy"] == unit["Unit"]["After"]
    return shlex.split(unit["Service"]["ExecStart"]), unit["Service"]["StandardOutput"]


def of_launchd() -> tuple[list[str], str]:
    """The same of the other one."""
    unit = plistlib.loads((UNITS / "orgpost-listen.plist").read_bytes())
    assert unit["KeepAlive"] is True
    return unit["ProgramArguments"], unit["StandardOutPath"]


@pytest.mark.parametrize(("unit", "nowhere"), [(of_systemd, "null"), (of_launchd, "/dev/null")])
def test_a_unit_listens_and_shows(unit: object, nowhere: str) -> None:
    """With a sink that lies in `hooks/`; no subject goes to a log."""
    assert callable(unit)
    (env, program, *words), out = unit()
    assert (env, program, out) == ("/usr/bin/env", "orgpost", nowhere)
    args = parse(words)
    assert (args.run.__name__, args.space) == ("_listen", "SPACE")
    (sink,) = args.exec
    assert sink == "HOOKS/notify-desktop"
    assert (ROOT / "hooks" / "notify-desktop").is_file()

"""What tests leave behind, read by a real Emacs: one plugin collects it, one Emacs looks at it.

With `--left-behind` each test's Org files below `org/messaging/` are kept, by content, one of each
module. At the end of the session Org must find no fault with any of them, see the same entries as
we do, and build its agendas over them without running a word. A file that doctor finds fault
with was damaged on purpose by its test, and is left out; so is one whose lines end otherwise than
its first line tells Emacs, which then takes the CR for a part of each line.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections import Counter
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.doctor.alone import examine_files
from orgpost.org.entry import parse
from orgpost.org.scan import file_kind, is_crlf, spans
from orgpost.org.syntax import kind_of
from tests.emacs.oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.emacs.oracle import Heading

FOLDER: Final = "ORGPOST_TEST_LEFT"
OF_A_MODULE: Final = 1  # tests come in another order each time, so it is another one
LARGEST: Final = 50_000
AT_ONCE: Final = 20
EMACS_SECONDS: Final = 300.0
DAY: Final = "2026-11-19"
# What a person may write and Org runs: the gate of `orgpost-agenda-files` keeps such files out.
RUNS: Final = re.compile(rb"(?m)^&?%%\(|^(?![ \t]*:(?: |$)).*<%%")

_kept: Final[Counter[str]] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flag."""
    words = "let a real Emacs read the Org files that tests leave behind"
    parser.addoption("--left-behind", action="store_true", help=words)


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder before any worker process starts."""
    if config.getoption("--left-behind") and FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="orgpost-left-")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Keep what a test leaves, while its folder is still there."""
    root = getattr(item, "funcargs", {}).get("tmp_path")
    if item.config.getoption("--left-behind") and isinstance(root, Path):
        module = item.nodeid.partition("::")[0]
        for path in left_in(root):
            if _kept[module] >= OF_A_MODULE:
                return
            _kept[module] += keep(path, Path(os.environ[FOLDER]), item.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Look at everything, once, where the session ends."""
    config = session.config
    if not config.getoption("--left-behind") or hasattr(config, "workerinput"):
        return
    folder = Path(os.environ.pop(FOLDER))
    found, count = complaints(folder)
    shutil.rmtree(folder)
    words = [f"{count} Org files were left behind by tests", *found]
    config.stash[WORDS] = words
    if found and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


WORDS: Final = pytest.StashKey[list[str]]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what Org said."""
    for line in config.stash.get(WORDS, []):
        terminalreporter.write_line(line)


def left_in(root: Path) -> Iterator[Path]:
    """Find the Org files of spaces below a folder; backups and links are none."""
    for path in sorted(root.rglob("org/messaging/**/*.org")):
        plain = path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        if plain and kind_of(place_of(path)) and path.stat().st_size <= LARGEST:
            yield path


def place_of(path: Path) -> str:
    """Give a file's path below `org/messaging`."""
    return path.as_posix().rpartition("/org/messaging/")[2]


def keep(path: Path, folder: Path, test: str) -> bool:
    """Copy a file, if there is none with this content; say whether it is new."""
    try:
        data = path.read_bytes()
    except OSError:  # the test has taken away what it takes to read it
        return False
    home = folder / hashlib.sha256(data).hexdigest()[:20]
    try:
        home.mkdir()
    except FileExistsError:
        return False
    copy = home / "org/messaging" / place_of(path)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(data)
    (home / "test").write_text(test, "utf-8")
    return True


def complaints(folder: Path) -> tuple[list[str], int]:
    """Let Org look at all that was kept; what it says, and at how many files it looked."""
    sound = [
        path
        for path in sorted(left_in(folder))
        if not is_crlf(path.read_bytes()) and not examine_files([path], UTC).all
    ]
    if not sound:
        return [], 0
    with Oracle(timeout=EMACS_SECONDS) as oracle:
        said = [
            f"{(folder / path.relative_to(folder).parts[0] / 'test').read_text('utf-8')} left "
            f"{place_of(path)}: {line}"
            for path in sound
            for line in (*oracle.lint(path), *disagreements(oracle, path))
        ]
        shown = [path for path in sound if not RUNS.search(path.read_bytes())]
        for some in batched(shown):
            said += [
                f"in an agenda over {len(some)} files, {some[0]} first, ran {name}"
                for name in ran(oracle, some)
            ]
    return said, len(sound)


def batched(paths: list[Path]) -> Iterator[list[Path]]:
    """Give them a few at a time: Emacs visits all files of an agenda at once."""
    return (paths[start : start + AT_ONCE] for start in range(0, len(paths), AT_ONCE))


def disagreements(oracle: Oracle, path: Path) -> Iterator[str]:
    """Say in which entries Org and we do not see the same."""
    data, of_path = path.read_bytes(), kind_of(place_of(path))
    assert of_path is not None
    entries = [parse(data[slice(*span)], file_kind(data, of_path)) for span in spans(data)]
    ours = [(entry.keyword or None, entry.id) for entry in entries]
    headings = [one for one in oracle.headings(path) if one.level == 1]
    # Org's own commands ask for no case in a name, and its parser keeps it.
    orgs = [(one.keyword, named(one, "ID")) for one in headings]
    if ours != orgs:
        yield f"Org sees {orgs}, and we {ours}"


def named(heading: Heading, name: str) -> str | None:
    """Give the first property of that name in any case."""
    return next((value for key, value in heading.properties if key.upper() == name), None)


def ran(oracle: Oracle, paths: list[Path]) -> list[str]:
    """Name what ran when all agendas were made over these files."""
    names = oracle.call("orgpost-test-what-runs-in-agendas", [str(path) for path in paths], DAY)
    return [str(name) for name in names] if isinstance(names, list) else []

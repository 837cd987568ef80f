"""What tests leave behind is read by a real Emacs: the plugin, on tests that leave something."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from orgpost.org.entry import Draft, render
from orgpost.org.syntax import MESSAGE, header
from tests.left_behind import FOLDER

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).resolve().parents[1]
INBOX: Final = "inbox/tex.org"
SOUND: Final = header(INBOX) + render(
    Draft(id="msg-one", keyword="UNREAD", title="Hello", body="hello"), MESSAGE
)
FAULTY: Final = b"#+begin_src\n"
# What a test leaves, with a name that says what is beside a sound message.
LEFT: Final = {
    "nothing": SOUND,
    "what_doctor_finds_too": SOUND + b"* UNREAD   x\n:PROPERTIES:\n:ID:\n:END:\n" + FAULTY,
    "the_sexp_of_a_person": SOUND + b'* mine\n%%(orgpost-ran "mine")\n',
    "another_end_of_lines": SOUND.replace(b"\n", b"\r\n"),
}
FORBIDDEN: Final = """
import pathlib
def test_it(tmp_path, monkeypatch):
    place = tmp_path / 'org/messaging/inbox/tex.org'
    place.parent.mkdir(parents=True)
    place.write_bytes(b'* UNREAD   x')
    def refuse(path):
        raise PermissionError(13, 'no')
    monkeypatch.setattr(pathlib.Path, 'read_bytes', refuse)
"""


def run(folder: Path, left: dict[str, bytes]) -> subprocess.CompletedProcess[str]:
    """Run modules with the plugin; each leaves an inbox behind, and a backup of it."""
    for name, data in left.items():
        (folder / f"test_{name}.py").write_text(
            "def test_it(tmp_path):\n"
            f"    place = tmp_path / 'org/messaging/{INBOX}'\n"
            "    place.parent.mkdir(parents=True)\n"
            f"    place.write_bytes({data!r})\n"
            f"    (place.parent / 'tex.org~').write_bytes({FAULTY!r})\n"
        )
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "tests.left_behind", "--left-behind", "--rootdir", str(folder), str(folder)),
        ],
        cwd=folder,
        # Not the folder of a session around this one, which would be looked at and thrown away.
        env={name: value for name, value in os.environ.items() if name != FOLDER}
        | {"PYTHONPATH": f"{ROOT / 'lib'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_sound_files_are_looked_at_and_praised(tmp_path: Path) -> None:
    """What doctor names was damaged on purpose, and a person's own sexp is the person's."""
    done = run(tmp_path, LEFT)
    assert "\n2 Org files were left behind by tests\n" in done.stdout, done.stdout + done.stderr
    assert ("4 passed" in done.stdout, done.returncode) == (True, 0), done.stdout


def test_what_a_test_let_nobody_read_is_passed_over(tmp_path: Path) -> None:
    """Whatever stands in the way then is the test's own doing."""
    (tmp_path / "test_forbidden.py").write_text(FORBIDDEN)
    done = run(tmp_path, {"nothing": SOUND})
    assert "\n1 Org files were left behind by tests\n" in done.stdout, done.stdout + done.stderr
    assert ("2 passed" in done.stdout, done.returncode) == (True, 0), done.stdout


def test_what_org_finds_fault_with_fails_the_session(tmp_path: Path) -> None:
    """And the test that left it is named."""
    done = run(tmp_path, LEFT | {"an_open_block": SOUND + FAULTY})
    assert ("5 passed" in done.stdout, done.returncode) == (True, 1), done.stdout + done.stderr
    (said,) = [line for line in done.stdout.split("\n") if " left inbox/tex.org: " in line]
    assert said.startswith("test_an_open_block.py::test_it left")
    assert "block" in said

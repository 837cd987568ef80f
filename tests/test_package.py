"""What leaves the house: the wheel and the source archive, built, installed and run.

The checkout is nowhere in reach of what is installed; only the dependencies are lent to it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import orgpost

ROOT = Path(__file__).resolve().parents[1]
BESIDE = (".claude-plugin", "agents", "commands", "hooks", "templates")
LISP = "share/emacs/site-lisp/orgpost"

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Built:
    """Both archives."""

    wheel: Path
    sdist: Path


@dataclass(frozen=True)
class Installed:
    """A fresh environment with the wheel in it."""

    bin: Path
    package: Path

    def run(
        self, *command: str | Path, stdin: str = "", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program with this environment first on the path, and nothing of the checkout."""
        away = {"PYTHONPATH", "VIRTUAL_ENV"}
        env = {name: value for name, value in os.environ.items() if name not in away}
        return subprocess.run(
            [str(word) for word in command],
            input=stdin,
            cwd=cwd or self.bin,
            env={**env, "PATH": f"{self.bin}:{env['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The source archive, and the wheel made from it: so the archive holds all that it takes."""
    dist = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(ROOT)]
    made = subprocess.run(build, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return Built(wheel=next(dist.glob("*.whl")), sdist=next(dist.glob("*.tar.gz")))


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A virtual environment with the wheel; its dependencies are those of this test run."""
    place = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    install = [*pip, "install", "--quiet", "--no-deps", "--no-index", str(built.wheel)]
    subprocess.run(install, check=True)
    [site] = (place / "lib").glob("python3*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Installed(bin=place / "bin", package=site / "orgpost")


def files_below(folder: str) -> set[str]:
    """What of this folder is ours, as a path in the checkout."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".elc"
    }


def test_the_wheel_holds_the_library_and_what_lies_beside_it(built: Built) -> None:
    """Who installs the wheel has all that runs, and none of what only tests it."""
    with zipfile.ZipFile(built.wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    library = {name.removeprefix("lib/") for name in files_below("lib")}
    beside = {f"orgpost/{name}" for folder in BESIDE for name in files_below(folder)}
    data = f"orgpost-{orgpost.__version__}.data/data/{LISP}"
    lisp = {f"{data}/{Path(name).name}" for name in files_below("emacs")}
    assert inside == library | beside | lisp


def test_a_hook_in_the_wheel_is_executable(built: Built) -> None:
    """A client starts a hook by its path; without the bit it would be told nothing."""
    with zipfile.ZipFile(built.wheel) as archive:
        bits = {entry.filename: entry.external_attr >> 16 & 0o111 for entry in archive.infolist()}
    wanted = {name for name in files_below("hooks") if os.access(ROOT / name, os.X_OK)}
    assert wanted
    assert [name for name in wanted if bits[f"orgpost/{name}"] != 0o111] == []


def test_the_source_archive_holds_all_that_builds_and_tests(built: Built) -> None:
    """Who has the archive can do what we do: build, test, read."""
    with tarfile.open(built.sdist) as archive:
        members = {member.name.partition("/")[2]: member.mode for member in archive}
    folders = (*BESIDE, "lib", "tests", "docs", "bench", "emacs")
    wanted = {name for folder in folders for name in files_below(folder)}
    wanted |= {"LICENSE", "Makefile", "README.md", "UPGRADING.md", "module.yaml", ".ci/run"}
    wanted |= {".pre-commit-hooks.yaml"}
    assert sorted(wanted - members.keys()) == []
    assert members[".ci/run"] & 0o111 == 0o111


def test_the_installed_program_says_its_version(installed: Installed) -> None:
    """The console script works, and comes from the wheel."""
    seen = installed.run("orgpost", "--version")
    assert (seen.stdout, seen.stderr, seen.returncode) == (
        f"orgpost {orgpost.__version__}\n",
        "",
        0,
    )


def test_the_emacs_package_lies_where_emacs_looks(installed: Installed) -> None:
    """The wheel puts it below `share`, beside the program of the same environment."""
    lisp = installed.bin.parent / LISP
    assert {f"emacs/{path.name}" for path in lisp.iterdir()} == files_below("emacs")


def test_the_installed_program_carries_mail(installed: Installed, tmp_path: Path) -> None:
    """From an empty folder to a message that was read, with nothing but the wheel."""
    space = tmp_path / "space"
    space.mkdir()
    for line in (
        ["init", "--actor", "tex"],
        ["contacts", "add", "crt"],
        ["--as", "crt", "send", "tex", "The body, as sent.", "--subject", "Server is down!"],
    ):
        done = installed.run("orgpost", *line, cwd=space)
        assert done.returncode == 0, done.stderr
    inbox = installed.run("orgpost", "--json", "inbox", cwd=space)
    [message] = json.loads(inbox.stdout)["data"]["messages"]
    assert (message["from"], message["body"]) == ("crt", "The body, as sent.")


@pytest.mark.parametrize("script", ["send-reply.py", "mark-message.py"])
def test_a_script_runs_from_the_wheel(script: str, installed: Installed) -> None:
    """A hook that is a command finds the library that it came with."""
    seen = installed.run("python", installed.package / "hooks" / script, "--help")
    assert (seen.stderr, seen.returncode) == ("", 0)
    assert "--json" in seen.stdout


@pytest.mark.parametrize(
    "command",
    [["orgpost-hook", "claude", "SessionStart"], ["inbox-watcher.py"]],
    ids=lambda command: str(command[0]),
)
def test_a_hook_of_the_wheel_is_silent_outside_of_a_space(
    command: list[str], installed: Installed, tmp_path: Path
) -> None:
    """Where there is no mail there is nothing to say, and nothing breaks."""
    event = json.dumps({"hook_event_name": "SessionStart", "session_id": "s", "cwd": str(tmp_path)})
    gate = installed.package / "hooks" / command[0]
    seen = installed.run(gate, *command[1:], stdin=event, cwd=tmp_path)
    assert (seen.stdout, seen.stderr, seen.returncode) == ("", "", 0)

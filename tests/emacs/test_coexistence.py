"""A person with an Emacs as it is delivered, and programs, at one file: each moment by itself.

The races are in `tests/race`; here each step is staged, and what a person sees is looked at.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from orgpost.org import scan
from orgpost.store import FileStore, Page
from orgpost.store.calls import Calls
from tests.cli.conftest import space
from tests.cli.door import process
from tests.emacs.session import LiveEmacs, lock_of
from tests.emacs.terminal import TerminalEmacs
from tests.race.test_editor_locks import DEAD, HOST
from tests.race.writers import INBOX, entry, start

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["space"]

pytestmark = pytest.mark.slow

GATE: Final = Path(__file__).parents[2] / "hooks/orgpost-hook"
BUSY: Final = 75
LARGE: Final = 8 << 20


@pytest.fixture
def file(space: Path) -> Path:
    """Give tex's inbox, with one message in it; commands do not wait long for a person."""
    settings = space / "settings.local.yaml"
    settings.write_text(settings.read_text().replace("off}", "off, lock_seconds: 0.3}"))
    run(space, "--as", "crt", "send", "tex", "hello", "--id", "msg-first")
    return space / "org/messaging" / INBOX


def run(space: Path, *words: str) -> tuple[int, Any]:
    """Run a command as a process of its own; its status, and its data or its error."""
    done = process("--space", str(space), "--json", *words)
    document = json.loads(done.stdout)
    return done.returncode, document.get("data", document.get("error"))


def told(space: Path, heard: set[str]) -> set[str]:
    """Let a session's hook say what is new, which it says once; give the ids heard so far.

    On a machine that is very busy a hook rather says nothing than be late, and says it then.
    """
    event = {"session_id": "s", "hook_event_name": "UserPromptSubmit", "cwd": str(space)}
    done = subprocess.run(
        [GATE, "claude", "UserPromptSubmit"],
        input=json.dumps(event),
        env={**os.environ, "ORGPOST_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=True,
    )
    heard |= set(re.findall(r"msg-[a-z]+", done.stdout))
    return heard


def ids(data: bytes) -> list[str]:
    """Give the ids in a file, in their order."""
    return [id.decode() for id, _ in scan.find_all_ids(data)]


def begin_to_edit(emacs: TerminalEmacs, file: Path, words: str) -> None:
    """Type at the end of a file, and do not save."""
    emacs.open(file)
    emacs.keys("M->")
    emacs.type(words)
    emacs.wait_until(lambda: lock_of(file) is not None, "the lock")
    emacs.wait_until(lambda: emacs.text(file).endswith(f"{words}"), "the words")


def save(emacs: TerminalEmacs, file: Path) -> None:
    """Press C-x C-s and wait until Emacs has written."""
    emacs.keys("C-x", "C-s")
    emacs.wait_until(lambda: lock_of(file) is None, "the save")


def revert(emacs: TerminalEmacs, file: Path) -> None:
    """Give the words up, as a person is asked to confirm."""
    emacs.command("revert-buffer")
    emacs.wait_for(r"Discard edits|Revert buffer from file")
    emacs.type("yes\n")
    emacs.wait_until(lambda: lock_of(file) is None, "the revert")


def kill_buffer(emacs: TerminalEmacs, file: Path) -> None:
    """Kill the buffer, as a person is asked to confirm."""
    emacs.keys("C-x", "k", "Enter")
    emacs.wait_for(r"modified; kill anyway\?")
    emacs.type("yes\n")
    emacs.wait_until(lambda: lock_of(file) is None, "the end of the buffer")


ENDS: Final[dict[str, Callable[[TerminalEmacs, Path], object]]] = {
    "save": save,
    "revert": revert,
    "kill-buffer": kill_buffer,
    "kill -9": lambda emacs, file: emacs.kill9(),
}


@pytest.mark.parametrize("end", ENDS)
def test_mail_waits_for_unsaved_words_and_not_longer(space: Path, file: Path, end: str) -> None:
    """It is told at once and shown to all; a mark says who is in the way; then all is there once.

    However the person ends it: the next command of any kind puts it in, in order.
    """
    with TerminalEmacs() as emacs:
        begin_to_edit(emacs, file, "words of mine")
        before = file.read_bytes()
        for name in ("one", "two"):
            status, sent = run(space, "--as", "crt", "send", "tex", name, "--id", f"msg-{name}")
            assert (status, sent["stored"]) == (0, "waiting")
        heard: set[str] = set()
        emacs.wait_until(lambda: {"msg-one", "msg-two"} <= told(space, heard), "the hook's words")
        _, listed = run(space, "inbox")
        assert {one["id"] for one in listed["messages"]} == {"msg-first", "msg-one", "msg-two"}
        status, busy = run(space, "mark", "msg-first", "read")
        assert status == BUSY
        assert re.search(rf"@{HOST} has unsaved changes.*\(Emacs {emacs.pid}\)", busy["message"])
        assert (file.read_bytes(), file.with_name("tex.org~").exists()) == (before, False)
        ENDS[end](emacs, file)
        time.sleep(0.3)  # a save is left alone for a quarter of a second
        _, listed = run(space, "inbox")
    assert {one["id"] for one in listed["messages"]} == {"msg-first", "msg-one", "msg-two"}
    assert ids(file.read_bytes()) == ["msg-first", "msg-one", "msg-two"]
    assert file.read_bytes().count(b"words of mine") == (end == "save")
    after = file.read_bytes()
    run(space, "inbox")
    assert file.read_bytes() == after


class Held(Calls):
    """A machine that stops in the middle of a write to the Org file until it is let go."""

    def __init__(self) -> None:
        self.writing, self.go_on = threading.Event(), threading.Event()

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Wait, with Emacs's lock in our hands."""
        self.writing.set()
        assert self.go_on.wait(60)
        return super().write(fd, data)


def test_who_types_in_the_moment_of_a_write_is_asked(space: Path, file: Path) -> None:
    """Emacs says who writes; `q` gives the key up, and nothing of either side is lost."""
    held = Held()
    with TerminalEmacs() as emacs, FileStore(space, calls=held) as store:
        emacs.open(file)
        writer = threading.Thread(target=store.append, args=(INBOX, [entry("msg-two")]))
        writer.start()
        assert held.writing.wait(60)
        emacs.keys("M->")
        emacs.type("x")
        emacs.wait_for(rf"tex\.org locked by orgpost@{HOST} \(pid {os.getpid()}\): \(s, q, p, \?\)")
        emacs.type("q")
        emacs.wait_until(lambda: not emacs.is_modified(file), "an unchanged buffer")
        held.go_on.set()
        writer.join()
        emacs.type("x")
        emacs.wait_for(r"tex\.org changed on disk; really edit the buffer\?")
        emacs.type("r")  # read it again
        emacs.wait_until(lambda: "msg-two" in emacs.text(file), "the news")
        emacs.keys("M->")
        emacs.type("words of mine\n")
        emacs.wait_until(lambda: lock_of(file) is not None, "the lock")
        save(emacs, file)
    assert ids(file.read_bytes()) == ["msg-first", "msg-two"]
    assert b"words of mine\n" in file.read_bytes()


def test_a_large_file_in_mid_save_is_never_no_mail(space: Path, file: Path) -> None:
    """While Emacs cuts eight megabytes to nothing and writes them again, each answer has all."""
    body = "\n".join(["words " * 13] * 600)
    count = LARGE // len(body)
    with file.open("ab") as grown:
        grown.writelines(entry(f"msg-{n}", body)[1] for n in range(1, count))
    file_size, seen = file.stat().st_size, []
    done = threading.Event()

    def look() -> None:
        with FileStore(space) as store:
            while not done.is_set():
                small = file.stat().st_size < file_size
                seen.append((len(ids(store.view(INBOX).data)), small))

    looker = threading.Thread(target=look)
    with LiveEmacs() as emacs:
        emacs.open(file)
        looker.start()
        try:
            for _ in range(5):
                emacs.modify(file)
                emacs.save(file)
                _, listed = run(space, "inbox", "--limit", "0")
                assert len(listed["messages"]) == count
        finally:
            done.set()
            looker.join()
    assert {found for found, _ in seen} == {count}
    print(f"{len(seen)} answers, {sum(small for _, small in seen)} of them in mid-save")


def test_what_comes_around_a_first_save_is_in_the_file(space: Path, file: Path) -> None:
    """Emacs renames the file away then: nobody keeps writing to the backup."""
    writers: list[subprocess.Popen[str]] = []
    sessions = 0
    with LiveEmacs() as emacs:
        for turn in range(3):
            now = [start(space, f"{turn}-{who}", 15, 0.03) for who in range(2)]
            writers += now
            while any(writer.poll() is None for writer in now):
                # Marks wait until nobody saves: a person looks at what is written now and then.
                emacs.rounds(file, 1, pause=0.4, name=f"session-{sessions}")
                emacs.close(file)
                sessions += 1
    sent = [
        line
        for writer in writers
        for line in writer.communicate()[0].split("\n")
        if line.startswith("msg-")
    ]
    found = ids(file.read_bytes())
    assert len(sent) == 90
    assert sorted(found) == sorted(["msg-first", *sent])
    assert set(ids(file.with_name("tex.org~").read_bytes())) <= set(found)
    assert file.read_bytes().count(b"* session-") == sessions


def grow(space: Path, number: int) -> None:
    """Let the first entry grow: the file is replaced, and all that follows moves."""

    def decide(page: Page) -> None:
        page.insert(scan.spans(page.data)[0].end, f"grown {number}\n".encode())

    with FileStore(space) as store:
        store.edit(INBOX, decide)


def where(emacs: TerminalEmacs) -> str:
    """Say in which entry point is, in the window that a person sees."""
    return emacs.eval('(with-current-buffer (window-buffer) (org-entry-get (window-point) "ID"))')


# When the file was read again, by Emacs's clock.
REMEMBER: Final = """
(progn (defvar orgpost-test-shown 0)
       (add-hook 'after-revert-hook (lambda () (setq orgpost-test-shown (float-time)))))
"""


def shown_soon(emacs: TerminalEmacs, file: Path) -> None:
    """Wait until the buffer is as the file; that was within five seconds, and a busy moment."""
    emacs.wait_until(lambda: emacs.text(file) == file.read_text(), "the news", seconds=12)
    assert float(emacs.eval("orgpost-test-shown")) < file.stat().st_mtime + 6


def test_auto_revert_shows_what_came_and_stays_where_the_person_was(
    space: Path, file: Path
) -> None:
    """After thirty appends, and after thirty replacements, point is on the same entry.

    Emacs keeps it only where all changes since its last look are on one side of point.
    """
    with TerminalEmacs() as emacs, FileStore(space) as store:
        store.append(INBOX, [entry("msg-mine"), entry("msg-last")])
        emacs.eval(REMEMBER)
        emacs.eval("(global-auto-revert-mode)")
        emacs.open(file)
        emacs.keys("M-<", "C-s")
        emacs.type("msg-mine")
        emacs.keys("Enter")
        emacs.wait_until(lambda: where(emacs) == "msg-mine", "point in the entry")
        for number in range(30):
            store.append(INBOX, [entry(f"msg-{number}")])
        shown_soon(emacs, file)
        assert where(emacs) == "msg-mine"
        for number in range(30):
            grow(space, number)
        shown_soon(emacs, file)
        assert where(emacs) == "msg-mine"
    assert [file.read_text().count(f"grown {number}\n") for number in range(30)] == [1] * 30


def mark_first(page: Page) -> None:
    """Mark the first message read."""
    span = scan.spans(page.data)[0]
    raw = page.data[slice(*span)]
    page.replace(span, raw.replace(b"* UNREAD   ", b"* READ     "))


def test_what_a_save_without_locks_wrote_over_comes_again_and_doctor_says_so(
    space: Path, file: Path
) -> None:
    """The buffer was some seconds behind; the person's text and the mail are there, each once."""
    with LiveEmacs() as emacs:
        emacs.set("create-lockfiles", "nil")
        emacs.open(file)
        emacs.modify(file, "words of mine\n")
        with FileStore(space) as store:
            assert store.append(INBOX, [entry("msg-two")]).stored == "file"
            store.edit(INBOX, mark_first)
        emacs.save(file)  # "Save anyway?" is answered with yes
        assert b"msg-two" not in file.read_bytes()
    time.sleep(0.3)
    _, listed = run(space, "inbox", "--all")
    states = {one["id"]: one["state"] for one in listed["messages"]}
    assert states == {"msg-first": "READ", "msg-two": "UNREAD"}
    assert ids(file.read_bytes()) == ["msg-first", "msg-two"]
    assert b"words of mine\n" in file.read_bytes()
    _, looked = run(space, "doctor")
    (finding,) = [one for one in looked["findings"] if one["check"] == "saved-over"]
    assert finding["file"] == f"org/messaging/{INBOX}"
    assert "(2 put back)" in finding["message"]


def killed_in_mid_write(space: Path) -> None:
    """Leave what a program leaves that is killed while it writes: our own lock."""
    script = (
        "import os, signal, sys\n"
        "from orgpost.store import FileStore\n"
        "from orgpost.store.calls import Calls\n"
        "class Dies(Calls):\n"
        "    def write(self, fd, data):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "text = b'* UNREAD   x\\n:PROPERTIES:\\n:ID:       msg-killed\\n:END:\\n'\n"
        f"FileStore({str(space)!r}, calls=Dies()).append({INBOX!r}, [(b'msg-killed', text)])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_person_can_edit_after_each_lock_that_somebody_left(space: Path, file: Path) -> None:
    """What is dead stops neither side: mail goes in, and Emacs asks nothing afterwards."""
    place = file.with_name(".#tex.org")
    young = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    def reused() -> None:
        place.symlink_to(f"tex@{HOST}.{young.pid}")
        long_ago = time.time() - 100
        os.utime(place, (long_ago, long_ago), follow_symlinks=False)

    left: dict[str, Callable[[], object]] = {
        "dead": lambda: place.symlink_to(f"tex@{HOST}.{DEAD}"),
        "reused": reused,
        "file": lambda: place.write_text(f"tex@{HOST}.{DEAD}"),
        "ours": lambda: killed_in_mid_write(space),
    }
    with LiveEmacs() as emacs:
        for name, leave in left.items():
            emacs.open(file)
            time.sleep(0.3)  # until then a program would wait for the end of a save
            leave()
            assert place.is_symlink() or place.exists(), name
            _, sent = run(space, "--as", "crt", "send", "tex", name, "--id", f"msg-{name}")
            assert sent["stored"] == "file", name
            emacs.revert(file)
            emacs.modify(file, f"edited after {name}\n")
            assert str(emacs.pid) in str(lock_of(file)), name
            emacs.save(file)
        assert emacs.questions == []
    young.kill()
    young.wait()
    text = file.read_text("utf-8")
    assert [name for name in left if text.count(f"edited after {name}\n") != 1] == []
    assert sorted(ids(text.encode())) == sorted(
        ["msg-first", "msg-killed", *(f"msg-{name}" for name in left)]
    )


@pytest.mark.parametrize("words", ["tex@elsewhere.1", "no words of Emacs"])
def test_a_lock_that_may_be_alive_stands_until_a_person_removes_it(
    space: Path, file: Path, words: str
) -> None:
    """Doctor names it with what to do; afterwards mail goes in, and the person can edit."""
    place = file.with_name(".#tex.org")
    place.symlink_to(words)
    two_days_ago = time.time() - 48 * 3600
    os.utime(place, (two_days_ago, two_days_ago), follow_symlinks=False)
    assert run(space, "--as", "crt", "send", "tex", "x", "--id", "msg-two")[1]["stored"] == (
        "waiting"
    )
    _, looked = run(space, "doctor")
    (finding,) = [one for one in looked["findings"] if one["check"] == "editor"]
    assert f"remove org/messaging/inbox/{place.name}" in finding["message"]
    place.unlink()
    with LiveEmacs() as emacs:
        assert len(run(space, "inbox")[1]["messages"]) == 2
        emacs.modify(file, "words of mine\n")
        emacs.save(file)
    assert ids(file.read_bytes()) == ["msg-first", "msg-two"]

"""Which files moved: on a real folder, with the kernel's events and without."""

from __future__ import annotations

import builtins
import os
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.clock import Clock
from orgpost.errors import Failed
from orgpost.watching import events, file_watch
from orgpost.watching.file_watch import FileWatch, Moved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

LONG = 10.0
SHORT = 0.3


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space with one inbox."""
    for folder in ("inbox", "agents"):
        (tmp_path / "org/messaging" / folder).mkdir(parents=True)
    (tmp_path / ".orgpost/journal").mkdir(parents=True)
    (tmp_path / "org/messaging/inbox/tex.org").write_bytes(b"* UNREAD x\n")
    return tmp_path


@pytest.fixture(params=["inotify", "poll"])
def watch(request: pytest.FixtureRequest, space: Path) -> Iterator[FileWatch]:
    """A watch of each kind."""
    found = FileWatch(space, Clock(), mode=request.param)
    yield found
    found.close()


def moved(watch: FileWatch, *paths: str) -> None:
    """Wait until each of these was said to have moved."""
    missing = set(paths)
    deadline = time.monotonic() + LONG
    while missing:
        assert time.monotonic() < deadline, f"nobody said that {missing} moved"
        found = watch.next(1)
        missing -= set() if found is None else found.paths


def quiet(watch: FileWatch) -> None:
    """Let what happened so far be said."""
    while watch.next(SHORT) is not None:
        pass


HANDS: dict[str, Callable[[Path], object]] = {
    "grow": lambda file: os.truncate(file, 100),
    "same-length": lambda file: file.write_bytes(b"* UNREAD y\n"),
    "rename": lambda file: file.with_name("x").rename(file),
    "unlink": lambda file: file.unlink(),
}


@pytest.mark.parametrize("hand", list(HANDS))
def test_whatever_moves_a_file_is_said(watch: FileWatch, space: Path, hand: str) -> None:
    """Each way to write, by a program or an editor."""
    file = space / "org/messaging/inbox/tex.org"
    file.with_name("x").write_bytes(b"* READ   x\n")
    quiet(watch)
    HANDS[hand](file)
    moved(watch, "inbox/tex.org")


def test_what_is_beside_the_mail_is_said_by_its_name(watch: FileWatch, space: Path) -> None:
    """Who is who, the roster, an agent's tasks, and what waits in the journal for a file."""
    messaging = space / "org/messaging"
    for name in ("contacts.yaml", "helpers.org", "agents/tex-agent.org"):
        (messaging / name).write_bytes(b"x")
    (space / ".orgpost/journal/inbox+crt.org.j").write_bytes(b"x")
    wanted = ("contacts.yaml", "helpers.org", "agents/tex-agent.org", "inbox/crt.org")
    moved(watch, *wanted)


def test_what_is_no_mail_is_not_said(watch: FileWatch, space: Path) -> None:
    """Scratch files, backups and other people's names wake nobody."""
    quiet(watch)
    inbox = space / "org/messaging/inbox"
    for name in (".tex.org.1-2.orgpost-tmp", "tex.org~", "#tex.org#", "Tex.org", "note.txt"):
        (inbox / name).write_bytes(b"x")
    (space / ".orgpost/journal/ledger+x.org.j").write_bytes(b"x")
    assert watch.next(SHORT) is None


def test_an_editor_that_lets_go_is_said(space: Path) -> None:
    """What waited for it can be put in now."""
    lock = space / "org/messaging/inbox/.#tex.org"
    lock.symlink_to("tex@elsewhere.1")
    watch = FileWatch(space, Clock(), mode="inotify")
    lock.unlink()
    moved(watch, "inbox/tex.org")
    watch.close()


def test_a_folder_that_goes_and_comes_back_is_everything(watch: FileWatch, space: Path) -> None:
    """Nobody knows what happened in it; and what happens in it afterwards is said again."""
    kind = watch.mode
    messaging = space / "org/messaging"
    kept = space / "kept"
    shutil.move(messaging, kept)
    everything(watch)
    shutil.move(kept, messaging)
    everything(watch)
    quiet(watch)
    assert watch.mode == kind
    (messaging / "inbox/tex.org").write_bytes(b"* READ   x\n")
    moved(watch, "inbox/tex.org")


def hears_nothing(*_: object) -> events.Heard:
    """What is heard where the kernel told nothing."""
    time.sleep(0.05)
    return events.Heard()


def everything(watch: FileWatch) -> None:
    """Wait until it is said that everything may have moved."""
    deadline = time.monotonic() + LONG
    while (found := watch.next(1)) is None or not found.everything:
        assert time.monotonic() < deadline


def test_a_folder_that_is_made_later_is_watched(watch: FileWatch, space: Path) -> None:
    """A space grows."""
    trays = space / "org/messaging/trays"
    trays.mkdir()
    everything(watch)
    (trays / "build.org").write_bytes(b"x")
    moved(watch, "trays/build.org")


def test_what_the_kernel_did_not_tell_is_caught_by_the_net(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its queue is bounded, and what does not fit is dropped without a word. It is counted."""
    watch = FileWatch(space, Clock(), mode="inotify", net_seconds=0.2)
    quiet(watch)
    monkeypatch.setattr(watch._events, "_take", hears_nothing)
    (space / "org/messaging/inbox/tex.org").write_bytes(b"* READ   x\n")
    moved(watch, "inbox/tex.org")
    assert watch.caught == 1
    watch.close()


def test_the_net_is_drawn_soon_after_events(space: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel drops events only where there were many: nobody waits half a minute for them."""
    watch = FileWatch(space, Clock(), mode="inotify")
    crt, tex = (space / f"org/messaging/inbox/{name}.org" for name in ("crt", "tex"))
    crt.write_bytes(b"x")
    moved(watch, "inbox/crt.org")
    monkeypatch.setattr(watch._events, "_take", hears_nothing)
    tex.write_bytes(b"* READ   x\n")
    moved(watch, "inbox/tex.org")
    watch.close()


def test_without_the_library_sizes_and_times_must_do(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain installation watches, too; it says how, and who insists on events is told why not."""
    without_watchfiles(monkeypatch)
    watch = FileWatch(space, Clock())
    assert (watch.mode, watch.why) == ("poll", "watchfiles is not installed")
    with pytest.raises(Failed, match="watchfiles is not installed"):
        FileWatch(space, Clock(), mode="inotify")
    watch.close()


def without_watchfiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library be missing."""
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("watchfiles"):
            raise ModuleNotFoundError(name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)


def test_where_other_machines_write_times_must_do(
    space: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network's file system tells this kernel nothing of what others write there."""
    device = (space / "org/messaging").stat().st_dev
    mounts = tmp_path / "mounts"
    mounts.write_text(f"9 1 {os.major(device)}:{os.minor(device)} / /x rw - nfs4 server:/x rw\n")
    monkeypatch.setattr(events, "_MOUNTS", mounts)
    watch = FileWatch(space, Clock())
    assert (watch.mode, watch.why) == ("poll", "a file system of type nfs4 gives no events")


def test_where_the_system_has_no_watches_left_times_must_do(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's limit is shared with every editor of the user."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_watch, "Events", refuse)
    watch = FileWatch(space, Clock())
    assert watch.mode == "poll"
    assert "No space left" in watch.why


def test_two_writes_within_one_tick_are_both_said(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of equal size and equal time, the second cannot be seen: so what is young is said again."""
    watch = FileWatch(space, Clock(), mode="poll")
    file = space / "org/messaging/inbox/tex.org"
    file.write_bytes(b"* READ   x\n")
    moved(watch, "inbox/tex.org")
    kept = file.stat()
    file.write_bytes(b"* DONE   x\n")
    os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    monkeypatch.setattr(file_watch, "_SURE_NS", 500_000_000)
    moved(watch, "inbox/tex.org")
    assert watch.next(SHORT) is None


def test_who_is_woken_returns(watch: FileWatch) -> None:
    """From another thread, long before anything moves; and only once."""
    threading.Timer(0.1, watch.wake).start()
    started = time.monotonic()
    assert watch.next(60) is None
    assert time.monotonic() - started < LONG
    assert watch.next(0) is None


class StandingStill:
    """The library where the wall clock was set back an hour: its own limit does not come."""

    def __init__(self, real: Any) -> None:
        self.watch = lambda longest, step, limit, until: real.watch(longest, step, 3600_000, until)
        self.close = real.close


def test_a_clock_that_is_set_back_holds_nobody_up(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's own limit is by the wall clock; ours never runs back."""
    watch = FileWatch(space, Clock(), mode="inotify")
    assert watch._events is not None
    monkeypatch.setattr(watch._events, "_notify", StandingStill(watch._events._notify))
    started = time.monotonic()
    assert watch.next(0.3) is None
    assert time.monotonic() - started < LONG
    (space / "org/messaging/inbox/tex.org").write_bytes(b"* READ   x\n")
    moved(watch, "inbox/tex.org")
    watch.close()


@pytest.mark.parametrize("set_back", [False, True])
def test_what_moves_when_the_time_is_just_over_is_not_lost(
    space: Path, monkeypatch: pytest.MonkeyPatch, *, set_back: bool
) -> None:
    """The library throws away what it heard when it is stopped; then times are compared."""
    watch = FileWatch(space, Clock(), mode="inotify", net_seconds=3600)
    monkeypatch.setattr(file_watch, "_STEP_SECONDS", 3600)  # no net that would catch it
    assert watch._events is not None
    if set_back:
        monkeypatch.setattr(watch._events, "_notify", StandingStill(watch._events._notify))
        monkeypatch.setattr(events, "_GRACE_SECONDS", 0)
    for number in range(20):
        file = space / f"org/messaging/inbox/a{number}.org"
        timer = threading.Timer(0.05 - number / 1000, file.write_bytes, [b"x"])
        timer.start()
        wanted, said = f"inbox/{file.name}", set[str]()
        deadline = time.monotonic() + LONG
        while wanted not in said and time.monotonic() < deadline:
            found = watch.next(0.05)
            said |= found.paths if found else set()
        timer.join()
        assert wanted in said
    watch.close()


def test_a_longer_quiet_folds_more_into_one(space: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 600 ms of quiet, writes that come one after the other are one move; not for ever."""
    watch = FileWatch(space, Clock(), mode="inotify", debounce_ms=600)
    assert watch._events is not None
    files = [space / f"org/messaging/inbox/a{number}.org" for number in range(5)]
    coming, hear = iter(files), watch._events._take

    def write_and_hear(*words: Any) -> events.Heard:
        if (file := next(coming, None)) is not None:
            file.write_bytes(b"x")
        return hear(*words)

    monkeypatch.setattr(watch._events, "_take", write_and_hear)
    assert watch.next(LONG) == Moved(frozenset(f"inbox/{file.name}" for file in files))
    watch.close()

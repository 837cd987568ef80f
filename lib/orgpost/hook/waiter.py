"""Waiting while a session is idle, to wake it: the one hook that lasts, and that may end with 2.

The client runs it beside the session and goes on by itself; when it ends with 2, the session is
woken with the one line that it says on stderr: counts and ids, no word of anybody. It looks at the
times of a few files once a second, and reads only where one of them moved.

    waiters/CLIENT.ACTOR.HASH        `waiter PID-TIME`, whoever waits now; `woke SECONDS`, once for
                                     each wake of the last hour; `tasks TIME`, of the file of tasks
                                     that it was woken for
"""

import posix
import time

from . import log
from .call import Call
from .clients import STOP
from .copy import load
from .disk import own_folder, read, replace
from .entry import Message
from .event import Event
from .inbox import Inbox
from .limit import Limit
from .log import stamp
from .session import Session
from .stamps import Stamps, Watched
from .tasks import Tasks
from .told import COUNTED, Told

WOKEN = 2
STDERR = 2
# What is registered is an hour; the client ends what lasts longer.
LIMIT_SECONDS = 3595.0
LOOK_SECONDS = 1.0
SET_SECONDS = 0.2
HOUR_SECONDS = 3600
ORDER_SECONDS = 900
MOST_IDS = 8
NEVER, URGENT, MAIL, WORK, ALL = "never", "urgent", "mail", "tasks", "all"
SILENT_KINDS = frozenset({"bounce", "refusal", "result"})
POST_OFFICE = "orgpost"


class News:
    """What a session would be woken for."""

    def __init__(self, mail: list[Message], tasks: int) -> None:
        self.mail, self.tasks = mail, tasks

    def __bool__(self) -> bool:
        return bool(self.mail or self.tasks)

    def line(self, actor: str) -> str:
        """The one line: counts, and ids that orgpost made."""
        ids = [message.id for message in self.mail if message.may_be_shown][:MOST_IDS]
        parts = [f"{len(self.mail)} new: {', '.join(ids)}" if self.mail else ""]
        parts += [f"{self.tasks} task{'' if self.tasks == 1 else 's'} queued" if self.tasks else ""]
        told = "; ".join(filter(None, parts))
        return f"orgpost for {actor}: {told}. To look: orgpost wait --timeout 0\n"


class Waiter(Event):
    """One wait of one session; `answer` finds out who asks and where, `wait` is the rest."""

    def __init__(self, call: Call, limit: Limit) -> None:
        super().__init__(call, limit, can_speak=False)
        self._is_wanted = False
        self._mine = f"{posix.getpid()}-{time.time_ns():x}"
        # What is there and did not wake anybody: the next prompt tells it.
        self._passed: set[tuple[str, str]] = set()
        self._passed_tasks = 0

    def _act(self) -> None:
        self._is_wanted = self._role == STOP and self.call.client == "claude"

    def wait(self) -> int:
        """Wait for news; whether the session is to be woken."""
        parent, deadline = posix.getppid(), time.monotonic() + LIMIT_SECONDS
        if not (self._is_wanted and self.notes) or self._copy.wake == NEVER or not self._begin():
            return 0
        seen: list[int | None] | None = None
        while time.monotonic() < deadline and posix.getppid() == parent and self._is_mine():
            watched = Watched(self._space, self._actor, self._user)
            if seen != watched.times or self._copy.wake in {WORK, ALL}:
                seen = watched.times if watched.is_settled() else None
                news = self._look(watched)
                if news is None:
                    return 0
                if news and self._wake():
                    return WOKEN
            time.sleep(min(LOOK_SECONDS, max(deadline - time.monotonic(), 0)))
        return 0

    # --- looking ----------------------------------------------------------------------------------

    def _look(self, watched: Watched) -> News | None:
        """What is new; None where there is an order to stop, or nobody wants to be woken."""
        self._copy = load(self._space, self._user, self.notes)
        wake = self._copy.wake
        inbox = Inbox(watched.path_of("inbox"))
        inbox.read(watched.path_of("inbox-journal"), watched.inbox_lock)
        for message in inbox.messages:
            message.tier = self._copy.tier_of(message, self._actor)
        if wake == NEVER or any(map(_is_order, inbox.messages)):
            return None
        told = self._new_told()
        # Without the lock, which a prompt waits for only a moment. What is half written wakes
        # nobody: it is asked again under the lock.
        told.load(read(f"{self.notes}/sessions/{self._note()}") or b"")
        mail = [each for each in inbox.messages if self._wakes(each, told)] if wake != WORK else []
        return News(mail, self._queued(watched) if wake in {WORK, ALL} else 0)

    def _wakes(self, message: Message, told: Told) -> bool:
        return (
            message.tier != "unknown"
            and (self._copy.wake != URGENT or message.priority == "A")
            and message.get("KIND") not in SILENT_KINDS
            and message.sender != POST_OFFICE
            and not message.is_expired(stamp(time.time()))
            and (message.id, message.revision) not in self._passed
            and told.is_news(message, known=True)
        )

    def _queued(self, watched: Watched) -> int:
        """How many tasks wait, where one of them is ready and nobody works; else none."""
        when = dict(zip((name for name, _ in watched.files), watched.times, strict=True))["tasks"]
        if when is None or when == self._passed_tasks or f"tasks {when}" in self._lines():
            return 0
        tasks = Tasks(watched.path_of("tasks"))
        return tasks.queued if tasks.may_be_ready and not tasks.leases else 0

    def _new_told(self) -> Told:
        stamps = Stamps(self.notes, self._actor) if self.notes else None
        return Told(self.call.client, self._actor, stamps.epoch() if stamps else "-")

    # --- waking -----------------------------------------------------------------------------------

    def _wake(self) -> bool:
        """Look again, since somebody may have read it; then say it, and note that it was said."""
        time.sleep(SET_SECONDS)
        watched = Watched(self._space, self._actor, self._user)
        news = self._look(watched)
        if not news or not self._is_mine():
            return False
        now = int(time.time())
        woken = [line for line in self._lines() if _is_within_the_hour(line, now)]
        last = max((int(line.split()[1]) for line in woken), default=0)
        if len(woken) >= self._copy.wake_per_hour or now - last < self._copy.wake_cooldown:
            self._passed |= {(message.id, message.revision) for message in news.mail}
            self._passed_tasks = watched.times[1] or 0
            return False
        try:
            return self._tell_of(news, woken, now, watched)
        except TimeoutError:
            return False

    def _tell_of(self, news: News, woken: list[str], now: int, watched: Watched) -> bool:
        """Say it while nobody else can speak to the session; what it knows by now is left out."""
        told = self._new_told()
        session = Session(self.notes, self._note(), told)
        with session:
            mail = [each for each in news.mail if told.is_news(each, known=True)]
            text = News(mail, news.tasks).line(self._actor)
            if not (mail or news.tasks) or not _hand_over(text.encode()):
                return False
            tasks = [f"tasks {watched.times[1]}"] if news.tasks else []
            self._write([*woken, f"woke {now}", *tasks])
            for message in mail:
                told.note(message, COUNTED, now)
            session.save()
        self.line.outcome = "woke"
        if self.notes:
            log.charge(self.notes, self.line, text, len(mail))
        return True

    # --- one for each session ---------------------------------------------------------------------

    def _begin(self) -> bool:
        """Take over from whoever waited before; whether that could be noted."""
        if not own_folder(f"{self.notes}/waiters"):
            return False
        now = int(time.time())
        kept = [line for line in self._lines() if not line.startswith("waiter ")]
        return self._write([line for line in kept if _is_kept(line, now)])

    def _is_mine(self) -> bool:
        return self._lines()[:1] == [f"waiter {self._mine}"]

    def _lines(self) -> list[str]:
        return (read(self._path, 1 << 16) or b"").decode("ascii", "replace").split("\n")[:-1]

    def _write(self, lines: list[str]) -> bool:
        text = "".join(f"{line}\n" for line in [f"waiter {self._mine}", *lines])
        return replace(self._path, text.encode())

    @property
    def _path(self) -> str:
        return f"{self.notes}/waiters/{self._note()}"


def _hand_over(line: bytes) -> bool:
    try:
        return posix.write(STDERR, line) == len(line)
    except OSError:
        return False


def _is_order(message: Message) -> bool:
    """Whether it is an order of an owner's, of the last quarter of an hour; `wait` asks closer."""
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - ORDER_SECONDS))
    is_young = message.created >= since
    return message.get("ORDER") in {"stop", "sleep"} and message.tier == "owner" and is_young


def _is_within_the_hour(line: str, now: int) -> bool:
    name, _, when = line.partition(" ")
    return name == "woke" and when.isdigit() and 0 <= now - int(when) < HOUR_SECONDS


def _is_kept(line: str, now: int) -> bool:
    return _is_within_the_hour(line, now) or line.startswith("tasks ")

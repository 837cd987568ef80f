"""What is there to tell a session: its task and its unread mail, less what it knows.

All that is new, or of that what is urgent; or all that there is, for a client that makes its system
text anew for each call of the model.
"""

import time

from .copy import Copy
from .digest import Counts, compose, limit_of, one_line
from .entry import Message
from .held import WorkNews
from .inbox import Inbox
from .log import stamp
from .stamps import Watched
from .told import COUNTED, TOLD, UNKNOWN, Told

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module `typing` costs more than this one
    from collections.abc import Callable

HIGH = "A"
NEWS, URGENT, ALL = "news", "urgent", "all"


class Teller:
    """What to tell one session at one moment; `text` is empty where there is nothing.

    `preface` is a line that stands before all others.
    """

    def __init__(
        self,
        watched: Watched,
        copy: Copy,
        actor: str,
        told: Told,
        work: WorkNews,
        *,
        what: str = NEWS,
        preface: str = "",
    ) -> None:
        self._told, self._work = told, work
        self._preface = f"{preface}\n" if preface else ""
        inbox = Inbox(watched.path_of("inbox"))
        inbox.read(watched.path_of("inbox-journal"), watched.inbox_lock)
        self.trouble = inbox.trouble
        # A stamp is for what will stay so.
        self.is_settled = not inbox.trouble and not inbox.may_be_in_a_save
        self._sort(inbox.messages, copy, actor)
        if not inbox.beyond and not inbox.may_be_in_a_save:
            told.keep_only(inbox.messages)
        self._is_changed: Callable[[Message], bool] = told.is_changed
        self._fresh, self._unknown = self._shown, self._hidden
        if what == ALL:
            self._is_changed = _never
        else:
            self._fresh = [each for each in self._shown if told.is_news(each, known=True)]
            self._unknown = [each for each in self._hidden if told.is_news(each, known=False)]
        if what == URGENT:
            self._keep_what_is_urgent()
        self._compose(copy, actor, inbox)

    def _keep_what_is_urgent(self) -> None:
        """The rest stays news; so no stamp may say that there is none."""
        urgent = [message for message in self._fresh if message.priority == HIGH]
        self.is_settled = self.is_settled and not self._unknown and urgent == self._fresh
        self._fresh, self._unknown = urgent, []

    def _sort(self, messages: list[Message], copy: Copy, actor: str) -> None:
        """Who may be shown and who is only counted; what has expired is not news to anybody."""
        now = stamp(time.time())
        for message in messages:
            message.tier = copy.tier_of(message, actor)
        current = [message for message in messages if not message.is_expired(now)]
        places = {id(message): place for place, message in enumerate(messages)}
        shown = [m for m in current if m.tier != "unknown"]
        self._shown = sorted(shown, key=lambda m: (*_rank(m), places[id(m)]), reverse=True)
        self._hidden = [m for m in current if m.tier == "unknown"]

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to tell anybody."""
        return not self._shown and not self._hidden

    def _compose(self, copy: Copy, actor: str, inbox: Inbox) -> None:
        self.text, self.listed = "", []
        work = self._work
        if not self._fresh and not self._unknown and not work.blocks:
            if work.is_any:
                line = one_line(actor, Counts(0, 0, copy.troubles, work.counts))
                self.text = self._preface + line
            return
        unknown = sum(message.tier == "unknown" for message in inbox.messages)
        unread = len(inbox.messages) - unknown + inbox.beyond
        counts = Counts(unread, unknown, copy.troubles, work.counts)
        limit = limit_of(copy.digest_chars) - len(self._preface)
        digest = compose(actor, self._fresh, self._is_changed, counts, limit, work.blocks)
        self.text, self.listed = self._preface + digest.text, digest.listed

    def note_as_told(self, now: int) -> None:
        """Note what the session knows now: some by a line of its own, the rest by number."""
        listed = {message.id for message in self.listed}
        for message in self._fresh:
            self._told.note(message, TOLD if message.id in listed else COUNTED, now)
        for message in self._unknown:
            self._told.note(message, UNKNOWN, now)
        self._work.note(self._told, now)


def _never(_message: Message) -> bool:
    return False


def _rank(message: Message) -> tuple[bool, str]:
    return message.priority == HIGH, message.get("CREATED").strip("[]<>")

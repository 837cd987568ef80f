"""What a session has been told: one file per client, session and actor, under `sessions/`.

    orgpost session 1 CLIENT ACTOR EPOCH START
    ID STATE REVISION TIME

One line for each message that was told or counted, at most 64 bytes: the id, or `#` and a hash
where it is longer than 36 characters or of other letters; a letter; 12 hexadecimal digits of a
hash of the entry's bytes; and when, in seconds since 1970. The letters: `t` told, with a line of
its own; `c` counted only; `u` counted, its sender unknown; `h` the task that the session holds, `b`
(with the id `busy`) that somebody else works; `k` (with the id `turn-TIME`) that a turn was held
back. A capital means that it would be told again: it left UNREAD since, or the client threw its
context away. So `orgpost trace` finds when a message was announced as the lowest TIME of its lines
with `t` or `T`, over all sessions.

EPOCH is the quiet stamp that stood there: while nothing was unread, told messages left UNREAD
without any session looking, so notes of an older epoch are all capitals. START is `SOURCE@MS`, the
last start with a context thrown away, so that two registrations of it are one.
"""

from _blake2 import blake2b

from .entry import ID_LETTERS, Message

FORM = "orgpost session 1"
TOLD, COUNTED, UNKNOWN = "t", "c", "u"
HELD, BUSY, TURN = "h", "b", "k"
ABOUT_MAIL, ABOUT_WORK = frozenset({TOLD, COUNTED, UNKNOWN}), frozenset({HELD, BUSY})
LETTERS = ABOUT_MAIL | ABOUT_WORK | {TURN}
NOBODYS, NO_REVISION = "busy", "0" * 12
LONGEST_ID = 36
MOST_GONE = 2000
FIELDS, HEAD_FIELDS = 4, 5
# Two registrations of one event come at once; a person does not clear twice in a second.
TWICE_MS = 1000
# How long a turn that was held back counts.
TURN_SECONDS = 3600


class Told:
    """The notes of one session."""

    def __init__(self, client: str, actor: str, epoch: str) -> None:
        self._client, self._actor, self._epoch = client, actor, epoch
        self._start = "-"
        self._lines: dict[str, tuple[str, str, str]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that a note would keep."""
        return not self._lines

    def load(self, data: bytes) -> None:
        """Take over what was noted; garbage is as absent."""
        head, *lines = data.decode("ascii", "replace").split("\n")
        facts = head.removeprefix(FORM).split(" ")
        if not head.startswith(FORM) or len(facts) != HEAD_FIELDS:
            return
        for line in lines:
            fields = line.split(" ")
            if len(fields) == FIELDS and fields[1].lower() in LETTERS:
                self._lines[fields[0]] = (fields[1], fields[2], fields[3])
        self._start = facts[4]
        if facts[3] != self._epoch:
            self._forget(ABOUT_MAIL)

    def dump(self) -> bytes:
        """The file's bytes."""
        gone = [key for key, line in self._lines.items() if line[0].isupper()]
        for key in gone[: max(0, len(gone) - MOST_GONE)]:
            del self._lines[key]
        lines = (f"{key} {' '.join(line)}\n" for key, line in self._lines.items())
        head = f"{FORM} {self._client} {self._actor} {self._epoch} {self._start}"
        return f"{head}\n{''.join(lines)}".encode()

    def is_news(self, message: Message, *, known: bool) -> bool:
        """Whether the session has to hear of it; `known` says that its sender is."""
        state, revision, _ = self._lines.get(key_of(message), ("", "", ""))
        if state not in ABOUT_MAIL or revision != message.revision:
            return True
        return known and state == UNKNOWN

    def is_changed(self, message: Message) -> bool:
        """Whether it was told already, in other words."""
        state, revision, _ = self._lines.get(key_of(message), ("", "", ""))
        return state in {TOLD, COUNTED} and revision != message.revision

    def note(self, message: Message, state: str, now: int) -> None:
        """Note that the session was told; of a message told before, the first time stays."""
        key = key_of(message)
        before, _, when = self._lines.pop(key, ("", "", ""))
        first = when if state == TOLD and before.lower() == TOLD else str(now)
        self._lines[key] = (state, message.revision, first)

    def keep_only(self, unread: list[Message]) -> bool:
        """Note what is not unread any more; whether there was such."""
        here = {key_of(message) for message in unread}
        lines = self._lines.items()
        gone = [key for key, line in lines if line[0] in ABOUT_MAIL and key not in here]
        for key in gone:
            self._raise(key)
        return bool(gone)

    def forget(self) -> None:
        """The client has thrown its context away: everything is to be told again."""
        self._forget(ABOUT_MAIL | ABOUT_WORK)

    def _forget(self, states: frozenset[str]) -> None:
        for key, line in self._lines.items():
            if line[0] in states:
                self._raise(key)

    def knows_task(self, id: str, revision: str) -> bool:
        """Whether the session was told of the task that it holds, as it is."""
        return self._lines.get(key_of_id(id), ("", ""))[:2] == (HELD, revision)

    def knows_claim(self, id: str, revision: str) -> bool:
        """Whether it was told of that task, as far as its entry alone says what it is."""
        state, known, _ = self._lines.get(key_of_id(id), ("", "", ""))
        return state == HELD and known.startswith(revision)

    def turns_held_back(self, now: int) -> int:
        """How many turns of this session went on within the last hour; older ones are dropped."""
        turns = [(key, line[2]) for key, line in self._lines.items() if line[0] == TURN]
        old = [
            key
            for key, when in turns
            if not (when.isdigit() and 0 <= now - int(when) < TURN_SECONDS)
        ]
        for key in old:
            del self._lines[key]
        return len(turns) - len(old)

    def note_turn(self, now: int) -> str:
        """Note that a turn is held back; gives what takes that note back."""
        at = now
        while f"turn-{at}" in self._lines:
            at += 1
        self._lines[f"turn-{at}"] = (TURN, NO_REVISION, str(now))
        return f"turn-{at}"

    def take_back(self, key: str) -> None:
        """Forget a note that did not come true."""
        self._lines.pop(key, None)

    def knows_busy(self) -> bool:
        """Whether the session was told that somebody else works."""
        return self._lines.get(NOBODYS, ("",))[0] == BUSY

    def note_task(self, id: str, revision: str, now: int) -> None:
        """Note that the session was told of the task that it holds; it holds no other."""
        for key in [key for key, line in self._lines.items() if line[0].lower() == HELD]:
            del self._lines[key]
        self._lines[key_of_id(id)] = (HELD, revision, str(now))

    def note_busy(self, now: int) -> None:
        """Note that the session was told that somebody else works."""
        self._lines[NOBODYS] = (BUSY, NO_REVISION, str(now))

    def start_anew(self, source: str, now_ms: int) -> None:
        """A session starts with its context thrown away; once, however often that is registered."""
        before, _, when = self._start.partition("@")
        if before == source and when.isdigit() and 0 <= now_ms - int(when) < TWICE_MS:
            return
        self._start = f"{source}@{now_ms}"
        self.forget()

    def _raise(self, key: str) -> None:
        state, revision, when = self._lines[key]
        self._lines[key] = (state.upper(), revision, when)


def key_of(message: Message) -> str:
    """What stands for a message's id in a note."""
    if not message.note_key:
        message.note_key = key_of_id(message.id)
    return message.note_key


def key_of_id(id: str) -> str:
    """What stands for an id in a note: itself, or a hash where it is long or unusual."""
    is_plain = len(id) <= LONGEST_ID and ID_LETTERS.issuperset(id)
    digest = blake2b(id.encode("utf-8", "surrogateescape"), digest_size=17)
    return id if is_plain else f"#{digest.hexdigest()}"


def note_name(client: str, session: str, actor: str) -> str:
    """The file's name; ids of sessions are data, and hashed before they become one."""
    digest = blake2b(session.encode("utf-8", "surrogatepass"), digest_size=12)
    return f"{client}.{actor}.{digest.hexdigest()}"

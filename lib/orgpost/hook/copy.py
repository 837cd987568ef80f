"""What the library noted for hooks: whom to trust how far, their settings, the default actor.

    orgpost hooks copy 4
    from contacts MTIME_NS SIZE INODE        or `from contacts -` where there is no file
    from settings ...                        the space's settings
    from user ...                            the user's own
    bad contacts                             where that file cannot be used; `bad settings` likewise
    default tex-agent                        who acts here, if nobody says who
    set hooks.digest_chars 1200
    set hooks.claim on_prompt
    set hooks.mid_turn never                 and keep_going, keep_going_cap, wake and its limits
    set messaging.tasks.lease_seconds 900
    actor tex owner - person                 NAME TIER OWNER KIND
    actor tex-agent team tex agent
    handle @tex tex
    end

It is good while the three files are the ones that it was made from. If they are not, the library is
started once, writes a new copy and says it on stdout, for a space where nothing can be written.
"""

import time

from .digest import LEAST_CHARS, MOST_CHARS, USUAL_CHARS, limit_of
from .disk import identity, read, replace
from .entry import Message
from .library import ask
from .places import MAIL, SETTINGS

FORM, END = "orgpost hooks copy 4", "\nend\n"
TIERS = ("unknown", "trusted", "team", "owner")
RENEW_SECONDS = 0.5
RETRY_SECONDS, LOG_SECONDS, NEVER = 600, 86_400, 1e9
TIMES = 2
AGENT = "agent"
ADVICE = {
    "contacts": "contacts unreadable: orgpost doctor",
    "settings": "settings unreadable: orgpost config check",
}


class Copy:
    """The copy as values; `is_known` is false where nobody could make one.

    `is_lost` says that this is worth a line of the log: once a day.
    """

    def __init__(self, text: str = "") -> None:
        self.is_lost = False
        self.is_known, self._text = bool(text), text
        self.default = ""
        self.troubles: list[str] = []
        self._bad: set[str] = set()
        self._settings: dict[str, str] = {}
        self._actors: dict[str, tuple[str, str]] = {}
        self._agents: set[str] = set()
        self._handles: dict[str, str] = {}
        self._tiers: dict[tuple[str, ...], str] = {}
        for line in text.split("\n"):
            self._take(line.split(" "))

    def _take(self, words: list[str]) -> None:
        match words:
            case ["bad", what]:
                self._bad.add(what)
                self.troubles.append(ADVICE.get(what, ""))
            case ["default", name]:
                self.default = name
            case ["set", key, value]:
                self._settings[key] = value
            case ["actor", name, tier, owner, kind]:
                self._actors[name] = (tier, owner)
                if kind == AGENT:
                    self._agents.add(name)
            case ["handle", handle, name]:
                self._handles[handle] = name

    def is_current(self, space: str, user: str | None) -> bool:
        """Whether the files are still those that this was made from."""
        return self.is_known and self._text.startswith(head_of(space, user))

    @property
    def digest_chars(self) -> int:
        """`hooks.digest_chars`, as it was set."""
        return self._number("hooks.digest_chars", USUAL_CHARS)

    @property
    def claim(self) -> str:
        """`hooks.claim`, as it was set; the usual one where nobody could read it."""
        return self._settings.get("hooks.claim", "on_prompt")

    @property
    def wake(self) -> str:
        """`hooks.wake`, as it was set; never where nobody could read it."""
        return "never" if self._bad else self._settings.get("hooks.wake", "never")

    @property
    def wake_per_hour(self) -> int:
        """`hooks.wake_per_hour`, as it was set."""
        return self._number("hooks.wake_per_hour", 10)

    @property
    def wake_cooldown(self) -> int:
        """`hooks.wake_cooldown_seconds`, as it was set."""
        return self._number("hooks.wake_cooldown_seconds", 60)

    @property
    def mid_turn(self) -> str:
        """`hooks.mid_turn`, as it was set."""
        return self._settings.get("hooks.mid_turn", "never")

    @property
    def keep_going(self) -> bool:
        """Whether a turn may go on because of tasks."""
        return self._settings.get("hooks.keep_going") == "tasks"

    @property
    def keep_going_cap(self) -> int:
        """How many turns of a session may go on within an hour."""
        return self._number("hooks.keep_going_cap", 0)

    @property
    def lease_seconds(self) -> int:
        """How long a claim holds; 0 where nobody could read it."""
        return self._number("messaging.tasks.lease_seconds", 0)

    def _number(self, key: str, usual: int) -> int:
        value = self._settings.get(key, "")
        return int(value) if value.isdigit() else usual

    @property
    def fault(self) -> str:
        """What is wrong that a hook can live with; empty where nothing is."""
        if self.is_lost:
            return "the library could not be asked for tiers and settings"
        if limit_of(self.digest_chars) == self.digest_chars:
            return ""
        return f"hooks.digest_chars is not from {LEAST_CHARS} to {MOST_CHARS}"

    def resolve(self, name: str) -> str:
        """The actor of a name or handle; empty where there is none."""
        low = name.lower()
        # Each id is a handle of its own, which nobody else can have.
        name = low[1:] if low[1:] in self._actors and low[:1] == "@" else name
        name = self._handles.get(low, name)
        # Without contacts nobody can say who is an actor, and mail is counted all the same.
        knows_actors = self.is_known and "contacts" not in self._bad
        return name if name in self._actors or not knows_actors else ""

    def is_actor(self, name: str) -> bool:
        """Whether this is an actor of the space for certain."""
        return name in self._actors

    def is_agent(self, name: str) -> bool:
        """Whether this is an agent: who works on tasks."""
        return name in self._agents

    def tier_of(self, message: Message, actor: str) -> str:
        """How far a message is trusted: as its sender and everybody it came through, the lowest."""
        chain = (message.sender, *message.via)
        if chain not in self._tiers:
            self._tiers[chain] = self._lowest(chain, actor)
        return self._tiers[chain]

    def _lowest(self, chain: tuple[str, ...], actor: str) -> str:
        if self._bad:
            return TIERS[0]
        return min((self._one_tier(name, actor) for name in chain), key=TIERS.index)

    def _one_tier(self, name: str, actor: str) -> str:
        tier, _ = self._actors.get(name, (TIERS[0], ""))
        if self._actors.get(actor, ("", ""))[1] == name:
            tier = "owner"
        return tier if tier in TIERS else TIERS[0]


def load(space: str, user: str | None, notes: str | None) -> Copy:
    """The copy of the files as they are now, renewed by the library where they have changed."""
    head = head_of(space, user)
    noted = _text(read(f"{notes}/copy")) if notes else ""
    if noted.startswith(head) and noted.endswith(END):
        return Copy(noted)
    tried, logged = _failures(notes, head)
    if tried < RETRY_SECONDS:
        return Copy()
    # It is not stopped when it is late: the next event will find what it notes.
    renewed = ask("orgpost.hook_copy", [space], time.monotonic() + RENEW_SECONDS)
    if renewed.startswith(FORM) and renewed.endswith(END):
        return Copy(renewed)
    copy = Copy()
    copy.is_lost = logged > LOG_SECONDS
    if notes:
        now = int(time.time())  # rounded up it would lie in the future
        times = f"{now} {now if copy.is_lost else now - int(logged)}"
        replace(f"{notes}/copy.failed", f"{head}{times}\n".encode())
    return copy


def head_of(space: str, user: str | None) -> str:
    """The lines that say from which files a copy of now is made."""
    sources = (
        ("contacts", f"{space}/{MAIL}/contacts.yaml"),
        ("settings", f"{space}/{SETTINGS}"),
        ("user", user or ""),
    )
    lines = [FORM]
    for name, path in sources:
        found = identity(path) if path else None
        lines.append(f"from {name} {' '.join(map(str, found)) if found else '-'}")
    return "\n".join(lines) + "\n"


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")


def _failures(notes: str | None, head: str) -> tuple[float, float]:
    """How long ago the library was asked in vain, and how long ago that was logged.

    A Python that has no library would else be started at each event, and each would be logged.
    """
    failed = _text(read(f"{notes}/copy.failed")) if notes else ""
    times = failed.removeprefix(head).split()
    if not failed.startswith(head) or len(times) != TIMES or not "".join(times).isdigit():
        return NEVER, NEVER
    tried, logged = (time.time() - int(each) for each in times)
    return (tried, logged) if tried >= 0 <= logged else (NEVER, NEVER)

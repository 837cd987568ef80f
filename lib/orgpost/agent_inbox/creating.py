"""Making a task: all is checked, the governor judges and reserves, then the entry is written.

Refused work leaves nothing but a row of the ledger. The same id with the same sender, title and
body is the same task, also from many processes at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orgpost.agent_inbox.chains import chain_of
from orgpost.agent_inbox.shelf import as_bytes, source
from orgpost.budget import Ask, Unneeded
from orgpost.budget.work import content_hash
from orgpost.errors import Conflict, InvalidField, NotPermitted, TooLarge
from orgpost.message import EXPECTATIONS, PRIORITIES
from orgpost.org.change import NewSub, Revision, revised
from orgpost.org.entry import render
from orgpost.org.fields import checked_id, checked_tags
from orgpost.org.quote import check_property, one_line
from orgpost.org.stamp import format_stamp
from orgpost.org.syntax import CALLERS_VALUE_LIMIT, EMACS_ID, TASK, TITLE_LIMIT, VALUE_LIMIT
from orgpost.refusals import Cycle
from orgpost.states import TaskState
from orgpost.task import AUTO_ACCEPTED, PAYLOAD, Task, cost_of
from orgpost.task_entry import draft, json_line, long_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from orgpost.agent_inbox.desk import TaskDesk
    from orgpost.agent_inbox.shelf import Source, TaskShelf
    from orgpost.budget import Verdict
    from orgpost.contact import Contacts
    from orgpost.store.page import View

PAYLOAD_LIMIT: Final = 65_536
_STAMP: Final = (
    r"<?([0-9]{4})-([0-9]{2})-([0-9]{2})(?: [A-Za-z]{1,9}\.?)?(?: ([0-9]{1,2}):([0-9]{2}))?"
    r"((?: (?:\+|\+\+|\.\+)[1-9][0-9]{0,3}[hdwmy])?(?: -[0-9]{1,4}[hdwmy])?)>?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What a sender asks for.

    `scheduled` and `deadline` are a date, a time, or an Org stamp's words (with a repeater);
    `timeout` is in seconds; `via` and `parent` say on whose account an agent asks; `thread` is that
    of the message from which the task is made.
    """

    sender: str
    title: str
    body: str = ""
    effort: int = 1
    estimated_tokens: int = 0
    priority: str = "normal"
    tags: Sequence[str] = ()
    depends_on: Sequence[str] = ()
    scheduled: date | datetime | str | None = None
    deadline: date | datetime | str | None = None
    task_type: str = ""
    payload: Any = None
    max_attempts: int | None = None
    timeout: int | None = None
    accept: str | None = None
    expects: str = "result"
    trace_context: Mapping[str, Any] | None = None
    id: str | None = None
    parent: str | None = None
    via: Sequence[str] | None = None
    thread: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


class Created(NamedTuple):
    """What became of it; `verdict` is None of a duplicate."""

    task: Task
    duplicate: bool = False
    verdict: Verdict | None = None
    warnings: tuple[str, ...] = ()
    editor: str | None = None


class Creating:
    """Lets tasks into one agent's inbox."""

    def __init__(
        self,
        desk: TaskDesk,
        shelf: TaskShelf,
        name: str,
        depth: Callable[[], tuple[int, int]],
    ) -> None:
        self._desk, self._shelf, self._name = desk, shelf, name
        self._path, self._depth = f"agents/{name}.org", depth

    def create(self, new: NewTask) -> Created:
        """Make a task, if the governor lets it in; raises what it refused it for."""
        contacts = self._desk.good_contacts()
        sender = contacts.resolve(new.sender).id
        via = self._chain(new, sender, contacts)
        task = self._checked(new, sender, via, contacts)
        if new.id is not None and (there := self._find_same(task)) is not None:
            return Created(there, duplicate=True)
        warnings = self._check_dependencies(task)
        ask = Ask(
            event="create",
            sender=sender,
            agent=self._name,
            task_id=task.id,
            via=task.via,
            tokens=task.estimated_tokens,
            effort=task.effort,
            content_hash=task.content_hash or "",
        )
        made = self._desk.gate.admit(
            ask, lambda verdict: self._put(new, task, verdict), self._depth
        )
        return made._replace(warnings=tuple(warnings))

    def _put(self, new: NewTask, task: Task, verdict: Verdict) -> Created:
        task = _admitted(task, verdict)
        path, entry = self._path, (as_bytes(task.id), self._rendered(task))
        if new.id is None:
            receipt = self._desk.store.append(path, [entry])
        else:
            # Once more, where nobody else can have tokens promised to the same id meanwhile.
            self._must_be_nowhere_else(task, self._shelf.hot())
            receipt = self._desk.store.append(
                path, [entry], unless=lambda view: self._same_in(view, task)
            )
        if isinstance(receipt.found, Task):
            raise Unneeded(Created(receipt.found, duplicate=True))
        if receipt.stored != "file":
            task = _with(task, stored=receipt.stored)
        return Created(task, verdict=verdict, editor=receipt.editor)

    def _rendered(self, task: Task) -> bytes:
        zone = self._desk.clock.zone()
        raw = render(draft(task, zone, slack=self._desk.rules.slack_bytes), TASK)
        text = long_payload(task)
        if text is None:
            return raw
        made = format_stamp(self._desk.clock.now(), zone, seconds=True)
        return revised(raw, Revision(subs=[NewSub(PAYLOAD, [("CREATED", made)], text)]), TASK)

    # -- the same again --------------------------------------------------------------------------

    def _find_same(self, task: Task) -> Task | None:
        found = self._shelf.find(task.id, [self._shelf.agent(self._name)])
        found = found or self._shelf.find(task.id, self._shelf.archives("agents", self._name))
        if found is None:
            self._must_be_nowhere_else(task, self._shelf.everything())
            return None
        return self._same(self._shelf.plain_task(found), task)

    def _must_be_nowhere_else(self, task: Task, files: Iterable[Source]) -> None:
        """Refuse an id that a task of another agent has: the ledger knows a task by its id."""
        others = (of for of in files if of.folder == "agents" and of.name != self._name)
        if (found := self._shelf.find(task.id, others)) is not None:
            what = f"{task.id} is there already, as a task of {found.source.name}"
            raise Conflict(what, hint="give another id, or none")

    def _same_in(self, view: View, task: Task) -> Task | None:
        here = source(self._path, "agents", self._name, view.data, view.waiting)
        found = self._shelf.find(task.id, [here])
        return self._same(self._shelf.plain_task(found), task) if found else None

    @staticmethod
    def _same(there: Task, task: Task) -> Task:
        if (there.sender, there.title, there.body) != (task.sender, task.title, task.body):
            what = f"{task.id} is there already, with another sender or text"
            raise Conflict(what, hint="give another id, or none")
        return there

    # -- what it may say -------------------------------------------------------------------------

    def _chain(self, new: NewTask, sender: str, contacts: Contacts) -> tuple[str, ...]:
        """Give the actors on whose account the sender asks; a person answers for itself."""
        actor = contacts.get(sender)
        if new.via is not None:
            return tuple(new.via)
        if actor is None or actor.kind == "person":
            return ()
        if new.parent is not None:
            found = self._shelf.plain_task(self._shelf.get(new.parent, event="create"))
            return (*found.via, found.sender)
        return chain_of(self._shelf, actor, self._desk.held_task, contacts)

    def _checked(self, new: NewTask, sender: str, via: tuple[str, ...], contacts: Contacts) -> Task:
        rules = self._desk.rules
        title = _title(new.title)
        tokens = _whole("estimated_tokens", new.estimated_tokens, 0, 10**12)
        tier = contacts.effective_tier(sender, via, toward=self._name)
        size = len(new.body.encode("utf-8", "surrogatepass"))
        if size > rules.max_body_bytes:
            raise TooLarge("the body", size, rules.max_body_bytes, hint="put it into a file")
        id = self._desk.clock.new_id("task") if new.id is None else checked_id(new.id, "task")
        attempts = rules.max_attempts if new.max_attempts is None else new.max_attempts
        return Task(
            id=id,
            agent=self._name,
            state=TaskState.QUEUED,
            sender=sender,
            title=title,
            body=new.body,
            created=self._desk.clock.now().replace(microsecond=0),
            priority=_one_of("priority", new.priority, PRIORITIES),
            tags=checked_tags(new.tags),
            trust_tier=tier,
            effort=_whole("effort", new.effort, 1, 100),
            estimated_tokens=tokens,
            estimated_cost=cost_of(tokens, rules.price_per_1000_tokens) if tokens else None,
            max_attempts=_whole("max_attempts", attempts, 1, 100),
            scheduled=self._stamp("scheduled", new.scheduled),
            deadline=self._stamp("deadline", new.deadline),
            depends_on=tuple(map(_dependency, dict.fromkeys(new.depends_on))),
            task_type=_value("task_type", new.task_type),
            payload=_payload(new.payload),
            parent=new.parent,
            via=via,
            approval=AUTO_ACCEPTED,
            content_hash=content_hash(title, new.body),
            thread=new.thread or id,
            expects=_one_of("expects", new.expects, EXPECTATIONS),
            timeout_seconds=_timeout(new.timeout),
            accept=_accept(new.accept, tier),
            trace_context=_context(new.trace_context),
            properties=_properties(new.properties),
        )

    def _stamp(self, name: str, when: date | datetime | str | None) -> str | None:
        if isinstance(when, datetime):
            return format_stamp(when, self._desk.clock.zone(), active=True)
        if isinstance(when, date):
            when = when.isoformat()
        if when is None or not when.strip():
            return None
        found = re.fullmatch(_STAMP, when.strip())
        moment = found and _moment(found)
        if found is None or moment is None:
            raise InvalidField(name, "is no date: 2026-11-20, or 2026-11-20 10:00, then +1w or -3d")
        day = f"{moment:%Y-%m-%d} {_DAYS[moment.weekday()]}"
        time = f" {moment:%H:%M}" if found[4] else ""
        return f"<{day}{time}{found[6]}>"

    def _check_dependencies(self, task: Task) -> list[str]:
        """Refuse a circle; warn of what nobody knows, which blocks until it is there."""
        if not task.depends_on:
            # Who nobody waits for can close no circle; a new id that was made is such a one.
            return []
        known = self._shelf.dependencies()
        if way := known.cycle(task.id, task.depends_on):
            raise Cycle("create", " → ".join(_shortened(way)))
        blocks = known.blocks(task.id, task.depends_on)
        missing = [each["id"] for each in blocks if each["why"] == "missing"]
        return [f"nobody knows {id}: the task waits until it is there and done" for id in missing]


_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONGEST_WAY: Final = 5


def _shortened(way: Sequence[str]) -> list[str]:
    left_out = len(way) - _LONGEST_WAY
    return list(way) if left_out < 1 else [*way[:3], f"… {left_out} more …", *way[-2:]]


def _admitted(task: Task, verdict: Verdict) -> Task:
    if verdict.awaiting is not None:
        return _with(task, state=TaskState.WAITING, awaiting=verdict.awaiting, approval=None)
    return task if verdict.not_before is None else _with(task, not_before=verdict.not_before)


def _with(task: Task, **facts: Any) -> Task:
    from dataclasses import replace

    return replace(task, **facts)


def _moment(found: re.Match[str]) -> datetime | None:
    try:
        year, month, day, hour, minute = (int(each or 0) for each in found.groups()[:5])
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001  local, as it is written
    except ValueError:
        return None


def _dependency(id: str) -> str:
    # A task that a person made by hand can be waited for like any other.
    return id if re.fullmatch(EMACS_ID, id) else checked_id(id, "task")


def _title(text: str) -> str:
    title = one_line("title", text)
    if not title:
        raise InvalidField("title", "must say something")
    if len(title) > TITLE_LIMIT:
        raise InvalidField("title", f"is longer than {TITLE_LIMIT} characters")
    return title


def _whole(name: str, value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidField(name, f"must be a whole number from {low} to {high}")
    return value


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise InvalidField(name, f"{value!r} is none of {', '.join(allowed)}")
    return value


def _value(name: str, value: str | None) -> str | None:
    text = one_line(name, value or "")
    if len(text) > CALLERS_VALUE_LIMIT:
        raise InvalidField(name, f"is longer than {CALLERS_VALUE_LIMIT} characters")
    return text or None


def _timeout(seconds: int | None) -> int | None:
    return None if seconds is None else _whole("timeout", seconds, 1, 10**9)


def _accept(command: str | None, tier: str) -> str | None:
    text = _value("accept", command)
    if text is not None and tier != "owner":
        why = "only an owner's task may name a command that is run"
        raise NotPermitted("accept", why, hint="leave it out, or ask an owner to add the task")
    return text


def _payload(value: Any) -> Any:
    if value is None:
        return None
    try:
        size = len(json_line(value).encode("utf-8", "surrogatepass"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidField("payload", f"is no JSON value: {error}") from None
    if size > PAYLOAD_LIMIT:
        raise TooLarge("the payload", size, PAYLOAD_LIMIT, hint="put it into a file")
    return value


def _context(value: Mapping[str, Any] | None) -> dict[str, Any]:
    if not value:
        return {}
    try:
        text = json_line(dict(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidField("trace_context", f"is no JSON object: {error}") from None
    if len(text) > VALUE_LIMIT // 2:
        raise InvalidField("trace_context", f"is longer than {VALUE_LIMIT // 2} characters")
    return dict(value)


def _properties(properties: Mapping[str, str]) -> dict[str, str]:
    return dict(check_property(name, value) for name, value in properties.items())

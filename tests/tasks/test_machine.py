"""Hypothesis drives agents, an owner, time and a person's editor against a model of the tasks."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orgpost.agent_inbox import Hold, TaskRules
from orgpost.clock import FakeClock
from orgpost.contact import Contacts
from orgpost.errors import OrgpostError
from orgpost.org import scan
from orgpost.org.entry import parse
from orgpost.org.logbook import state_items
from orgpost.org.syntax import TASK
from orgpost.refusals import UnknownTask
from orgpost.store import FileStore
from tests.conftest import SEED
from tests.independent_reader import read_bytes
from tests.tasks.conftest import ACTORS, Gate, Shop
from tests.tasks.model import OVER, Model, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

FILE: Final = "agents/tex-agent.org"
BODIES: Final = ("", "The body, as sent.", "* no heading\n- State", "if x:\n\treturn 100%\n")
OURS: Final = r"(?:by|approved|retried|revision|lease) "

picks = st.integers(0, 7)
lengths = st.sampled_from([1, 60, 900, 3000]).map(lambda seconds: timedelta(seconds=seconds))
tokens = st.sampled_from([0, 0, 0, 0, None, 1, 2, 3])
words = st.sampled_from(["no", "* not now", "it broke\nin the second line", "50% [of] it"])


class Day(RuleBasedStateMachine):
    """One agent's file, its tasks in the model, and everybody who touches them."""

    def __init__(self) -> None:
        super().__init__()
        self.space = Path(tempfile.mkdtemp(prefix="orgpost-day-"))
        (self.space / "org/messaging/agents").mkdir(parents=True)
        clock, contacts = FakeClock(), Contacts(ACTORS)
        store = FileStore(self.space, clock, sync="off")
        gate = Gate(lambda: contacts)
        self.shop = Shop(self.space, clock, store, contacts, gate, TaskRules())
        self.models: list[Model] = []
        self.bodies: dict[str, tuple[str, str]] = {}
        self.done: set[tuple[str, int]] = set()

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.shop.store.close()
        shutil.rmtree(self.space)

    @property
    def now(self) -> Any:
        """The next whole second: a store may have waited for less, and tasks know no less."""
        clock = self.shop.clock
        clock.advance(-clock.now().microsecond % 1_000_000 / 1_000_000)
        return clock.now()

    def model(self, pick: int) -> Model:
        """One of the tasks; all of them are there at some time."""
        return self.models[pick % len(self.models)]

    def both(self, model: Callable[[], object], program: Callable[[], object]) -> bool:
        """Let both do it: they agree whether it may be done, and a refusal writes nothing."""
        ended = [each.state for each in self.models]
        before = self.shop.content()
        try:
            model()
        except Refused:
            with pytest.raises(OrgpostError) as refused:
                program()
            assert refused.value.exit_code in {3, 4, 5}
            if ended == [each.state for each in self.models]:
                assert self.shop.content() == before
            return False
        program()
        return True

    # -- letting in ------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        """There is always something."""
        self.create(2, "Look at it", BODIES[1], by_owner=True, repeats=False)

    @precondition(lambda self: len(self.models) < 8)
    @rule(
        limit=st.integers(1, 3),
        title=st.sampled_from(["Look at it", "[#A] urgent: act", "Re: 50% :a:b:"]),
        body=st.sampled_from(BODIES),
        by_owner=st.booleans(),
        repeats=st.booleans(),
    )
    def create(self, limit: int, title: str, body: str, *, by_owner: bool, repeats: bool) -> None:
        """Of the owner, or of somebody who has to wait for it."""
        task = self.shop.add(
            title,
            sender="tex" if by_owner else "mira",
            body=body,
            max_attempts=limit,
            scheduled="2026-11-20 08:00 .+1h" if repeats else None,
        )
        state = "QUEUED" if by_owner else "WAITING"
        assert task.state == state
        self.models.append(Model(task.id, state, limit, repeats))
        self.bodies[task.id] = (title, body)

    @rule(pick=picks)
    def approve(self, pick: int) -> None:
        """The owner says yes."""
        model = self.model(pick)
        self.both(model.approve, lambda: self.shop.inbox().approve(model.id))

    @rule(pick=picks, why=words, at_once=st.booleans())
    def cancel(self, pick: int, why: str, *, at_once: bool) -> None:
        """The owner takes a task back."""
        model, why = self.model(pick), why.replace("\n", " ")
        self.both(
            lambda: model.cancel(self.now, at_once=at_once),
            lambda: self.shop.inbox().cancel(model.id, why, now=at_once),
        )

    @rule(pick=picks)
    def retry(self, pick: int) -> None:
        """The owner wants another try."""
        model = self.model(pick)
        self.both(model.retry, lambda: self.shop.inbox().retry(model.id))

    @rule(pick=picks, feedback=words)
    def revise(self, pick: int, feedback: str) -> None:
        """The owner wants it better."""
        model = self.model(pick)
        self.both(model.revise, lambda: self.shop.inbox().request_revision(model.id, feedback))

    @rule(pick=picks)
    def archive(self, pick: int) -> None:
        """The owner puts a task away; of a copied one the copy would count then."""
        model = self.model(pick)
        if not model.copied:
            self.both(model.archive, lambda: self.shop.inbox().archive(model.id))

    # -- working ---------------------------------------------------------------------------------

    def expire_all(self) -> None:
        """What the next claim does first."""
        for model in self.models:
            model.expire(self.now)

    @rule()
    def expire(self) -> None:
        """A worker looks around."""
        self.expire_all()
        self.shop.inbox().expire()

    @rule(length=lengths, limit=st.integers(1, 3))
    def claim(self, length: timedelta, limit: int) -> None:
        """An agent takes what is ready; a holder that dies is one that is never heard of again."""
        self.expire_all()
        ready = {model.id: model for model in self.models if model.is_ready(self.now)}
        with self.shop.acting("tex-agent"):
            seconds = int(length.total_seconds())
            claims = self.shop.inbox().claim(lease_seconds=seconds, limit=limit)
        assert len(claims) == min(limit, len(ready))
        for claim in claims:
            assert claim.token == ready.pop(claim.task.id).claim(self.now, length)

    def holding(self, pick: int, says: int | None) -> tuple[Model, Hold]:
        """Mostly who holds a task now; else somebody with an old token or none, or of any task."""
        held = [model for model in self.models if model.is_held(self.now)]
        model = held[pick % len(held)] if held and pick % 4 else self.model(pick)
        late = model.known_token if says == 0 else says
        return model, Hold(model.id, late)

    @rule(pick=picks, says=tokens, length=lengths)
    def renew(self, pick: int, says: int | None, length: timedelta) -> None:
        """A holder goes on."""
        model, hold = self.holding(pick, says)
        seconds = int(length.total_seconds())
        with self.shop.acting("tex-agent"):
            self.both(
                lambda: model.renew(hold.token, self.now, length),
                lambda: self.shop.inbox().renew(hold, lease_seconds=seconds),
            )

    @rule(pick=picks, says=tokens, why=words)
    def release(self, pick: int, says: int | None, why: str) -> None:
        """A holder gives back."""
        model, hold = self.holding(pick, says)
        with self.shop.acting("tex-agent"):
            self.both(
                lambda: model.release(hold.token, self.now),
                lambda: self.shop.inbox().release(hold, why.replace("\n", " ")),
            )

    @rule(pick=picks, says=tokens, used=st.sampled_from([None, 0, 700]), result=words)
    def complete(self, pick: int, says: int | None, used: int | None, result: str) -> None:
        """A holder is done; under one token a task is done once."""
        model, hold = self.holding(pick, says)
        with self.shop.acting("tex-agent"):
            is_done = self.both(
                lambda: model.complete(hold.token, self.now, used),
                lambda: self.shop.inbox().complete(hold, result=result, tokens_used=used),
            )
        if is_done:
            assert (model.id, model.token) not in self.done
            self.done.add((model.id, model.token))

    @rule(pick=picks, says=tokens, error=words, retryable=st.booleans())
    def fail(self, pick: int, says: int | None, error: str, *, retryable: bool) -> None:
        """A holder gives up."""
        model, hold = self.holding(pick, says)
        with self.shop.acting("tex-agent"):
            self.both(
                lambda: model.fail(hold.token, self.now, retryable=retryable),
                lambda: self.shop.inbox().fail(hold, error, retryable=retryable),
            )

    @rule(seconds=st.sampled_from([1, 5, 60, 899, 900, 1800, 4000]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.shop.clock.advance(seconds)

    @rule()
    def die(self) -> None:
        """All programs end, and others begin."""
        self.shop.store.close()
        self.shop.store = FileStore(self.space, self.shop.clock, sync="off")

    # -- the person ------------------------------------------------------------------------------

    def by_hand(self, model: Model, change: Callable[[bytes], bytes]) -> None:
        """A person changes one entry, and saves; programs see it, and a minute later go on.

        Until then no lease runs out, which tests/tasks/test_beside_an_editor.py looks at.
        """
        if model.gone or model.archived:
            return
        self.shop.store.confirm(FILE)
        path = self.shop.path()
        data = path.read_bytes()
        span = scan.find_id(data, model.id.encode())
        assert span is not None
        scratch = path.with_suffix(".saving")
        scratch.write_bytes(data[: span.start] + change(data[slice(*span)]) + data[span.end :])
        scratch.rename(path)
        seconds = self.now.timestamp()
        os.utime(path, (seconds, seconds))
        self.shop.clock.advance(1)
        self.shop.store.confirm(FILE)
        self.shop.clock.advance(60)

    @rule(pick=picks, keyword=st.sampled_from(TASK.keywords[:-1]), logs=st.booleans())
    def set_keyword(self, pick: int, keyword: str, *, logs: bool) -> None:
        """With a line in the LOGBOOK, as Emacs does, or without one."""
        model = self.model(pick)
        if model.gone or model.archived:
            return
        line = f'- State "{keyword}" from "{model.state}" [2026-11-20 Fri 09:41]\n'

        def change(raw: bytes) -> bytes:
            raw = re.sub(rb"\A\* [A-Z]+ +", f"* {keyword} ".encode(), raw)
            return raw.replace(b":LOGBOOK:\n", f":LOGBOOK:\n{line}".encode(), 1) if logs else raw

        self.by_hand(model, change)
        model.state = keyword
        model.by_hand += 1
        model.lines += logs and keyword == "WORKING"

    @rule(pick=picks)
    def remove_lease(self, pick: int) -> None:
        """The property goes."""
        model = self.model(pick)
        if not (model.gone or model.archived):
            self.by_hand(model, lambda raw: re.sub(rb"(?m)^:LEASE:[^\n]*\n", b"", raw))
            model.has_lease = False

    @rule(pick=picks)
    def strip_blanks(self, pick: int) -> None:
        """The slack goes, and the blanks behind the lease."""
        self.by_hand(self.model(pick), lambda raw: re.sub(rb"(?m)[ \t]+$", b"", raw))

    @rule(pick=picks)
    def add_words(self, pick: int) -> None:
        """A property of a person's, and a sub-heading."""
        self.by_hand(
            self.model(pick),
            lambda raw: raw.replace(b":LEASE:", b":Mine: x\n:LEASE:", 1) + b"** Mine\nwords\n",
        )

    @precondition(lambda self: len(self.models) > 2)
    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        """The task goes; a copy would count then."""
        model = self.model(pick)
        if not model.copied:
            self.by_hand(model, lambda raw: b"")
            model.gone = model.gone or not model.archived

    @rule(pick=picks)
    def copy(self, pick: int) -> None:
        """The same task a second time, below: only the first counts."""
        model = self.model(pick)
        if not (model.gone or model.archived or model.copied):
            self.by_hand(model, lambda raw: raw + raw)
            model.copied = True

    # -- what is always true ---------------------------------------------------------------------

    @invariant()
    def no_task_is_lost_and_each_is_as_the_model_says(self) -> None:
        """Those that a person deleted are gone, all others are there, once each."""
        for model in self.models:
            if model.gone:
                with pytest.raises(UnknownTask):
                    self.shop.now(model.id)
                continue
            task = self.shop.now(model.id)
            assert (task.state_before, task.archived) == (model.state, model.archived)
            assert (task.attempt, task.token, task.lease_until, task.not_before) == (
                model.attempt,
                model.known_token,
                model.known_until,
                model.not_before,
            )
            assert (task.returns, task.revision) == (model.returns, model.revision)
            assert (task.title, task.body) == self.bodies[model.id]
            assert (task.closed is None) or model.state in OVER or model.by_hand
            assert task.attempt <= model.limit + model.by_hand

    @invariant()
    def tokens_only_grow(self) -> None:
        """None is given twice."""
        for model in self.models:
            assert model.given == sorted(set(model.given))

    @invariant()
    def the_books_are_closed_once_for_each_end(self) -> None:
        """Settled or released, as the model says, in its order."""
        for model in self.models:
            told = [
                (what, None if what == "release" else facts[1])
                for what, facts in self.shop.gate.told
                if (what == "release" and facts == model.id)
                or (what == "settle" and facts[0] == model.id)
            ]
            assert told == model.told

    @invariant()
    def another_reader_agrees_and_the_logbook_tells_every_move(self) -> None:
        """Whatever stands in the file is valid Org to who reads it by the page alone."""
        data = self.shop.content()
        kind = scan.file_kind(data, TASK)
        entries = [parse(data[slice(*span)], kind) for span in scan.spans(data)]
        theirs = read_bytes(data, "task")
        assert [(each.id, each.keyword, each.title, each.body) for each in theirs] == [
            (each.id, each.keyword, each.title, each.body) for each in entries
        ]
        assert [each.flaw for each in entries if each.flaw or each.id is None] == []
        first = {entry.id: entry for entry in reversed(entries)}
        for model in self.models:
            if not (model.gone or model.archived):
                items = state_items(first[model.id].logbook)
                moves = [item.to for item in items if re.match(OURS, item.words)]
                assert moves == model.moves[::-1]


def _run(examples: int, steps: int) -> None:
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(int(os.environ[SEED]))(Day), settings=profile)


@pytest.mark.timeout(900)
def test_a_short_day_with_tasks() -> None:
    """No task is lost, none is done twice, whoever dies, comes late or edits by hand."""
    _run(10, 30)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_long_day_with_tasks() -> None:
    """The same, for longer."""
    _run(100, 40)

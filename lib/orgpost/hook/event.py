"""What is done at one event: nothing, forget, take leave, or tell what is new."""

import time

from . import clients, log
from .call import KNOWN_CLIENTS, Call, variable
from .copy import Copy, load
from .disk import append, close, lock, own_folder, read, remove
from .held import WorkNews
from .library import Late
from .limit import Limit
from .places import find_space, is_name, user_settings
from .session import Session
from .stamps import QUIET, Stamps, Watched, told_name
from .stdout import hand_over
from .tell import Teller
from .told import Told, note_name
from .work import CLAIM, KEEP, RELEASE, RENEW, Work

NO_SESSION = "none"
ON_PROMPT, ON_SESSION = "on_prompt", "on_session"
# What the library may take, after others were waited for.
TURN_SECONDS = 0.8


class Event:
    """One event of a session in a space; `notes` is None where nothing can be written down."""

    def __init__(self, call: Call, limit: Limit, *, can_speak: bool) -> None:
        self.call, self.limit, self.can_speak = call, limit, can_speak
        self.notes: str | None = None
        self.line = log.Line(call.client, call.event)
        self._user = user_settings()
        self._space = self._actor = ""
        self._copy = Copy()

    def answer(self) -> None:
        """Do what the event asks for; `line` then says what it was."""
        space = find_space(self.call)
        if space is None:
            return
        self._space, self.notes = space, notes_folder(space)
        role = self._role()
        if not role:
            return
        try:
            self._copy = load(space, self._user, self.notes)
        except Late:
            self.line.error = "the library is still at work on tiers and settings"
            return
        self._actor = self._find_actor()
        if not self._actor:
            self.line.error = "no actor"
            return
        self.line.session = self._note().rpartition(".")[2]
        self._act(role)

    def _role(self) -> str:
        """What the event asks for; empty where it is silent, and then the line says why."""
        call = self.call
        role = clients.role_of(call.client, call.event)
        if call.client not in KNOWN_CLIENTS or not role:
            self.line.error = "unknown client or event"
        elif call.odd:
            self.line.error = "odd words"
        elif role != clients.SILENT and not call.of_subagent:
            return role
        return ""

    def _find_actor(self) -> str:
        if self.call.actor:
            named = self._copy.resolve(self.call.actor)
            return named if is_name(named) else ""
        user = variable("USER")
        default = self._copy.default or (user if self._copy.is_actor(user) else "")
        return default if is_name(default) and self._copy.resolve(default) else ""

    def _note(self) -> str:
        return note_name(self.call.client, self.call.session or NO_SESSION, self._actor)

    def _act(self, role: str) -> None:
        if role == clients.END:
            self._take_leave()
            return
        if self.call.event in clients.STARTS:
            self._export_actor()
        stamps = Stamps(self.notes, self._actor) if self.notes else None
        told = Told(self.call.client, self._actor, stamps.epoch() if stamps else "-")
        try:
            session = Session(self.notes, self._note(), told)
            with session:
                if role == clients.FORGET:
                    self._work(Watched(self._space, self._actor, self._user))
                    told.forget()
                    session.save()
                    self.line.outcome = "forgot"
                else:
                    self._tell(session, stamps)
        except TimeoutError:
            self.line.error = "another process has this session"

    def _tell(self, session: Session, stamps: Stamps | None) -> None:
        if self.call.event in clients.STARTS:
            # Without an id all sessions of an actor are one, which each start begins anew.
            source = self.call.source if self.call.session else NO_SESSION
            if source in clients.FORGETFUL_SOURCES or source == NO_SESSION:
                session.told.start_anew(source, time.time_ns() // 1_000_000)
        watched = Watched(self._space, self._actor, self._user)
        work = self._work(watched)
        news = WorkNews(work, session.told, at_prompt=self._is_prompt)
        teller = Teller(watched, self._copy, self._actor, session.told, news)
        self.line.error = self.line.error or teller.trouble or self._copy.fault
        text = teller.text
        if text:
            document = clients.document(self.call.event, text)
            if not (self.can_speak and hand_over(document, self.limit.deadline)):
                self.line.error = "nobody took the document"
                return
            teller.note_as_told(int(time.time()))
            self.line.outcome = "told"
        noted = session.save()
        if text and self.notes:
            log.charge(self.notes, self.line, text, len(teller.listed) + bool(news.blocks))
        if noted and stamps and teller.is_settled and not (work and work.is_open):
            self._leave_stamp(stamps, watched, is_quiet=teller.is_quiet)

    # --- the agent's tasks ------------------------------------------------------------------------

    @property
    def _is_prompt(self) -> bool:
        return self.call.event in clients.PROMPTS

    def _work(self, watched: Watched) -> Work | None:
        """Do what the tasks ask of this session; None for a person, who works on none."""
        if not self._copy.is_agent(self._actor):
            return None
        session = self.call.session or NO_SESSION
        work = Work(watched.path_of("tasks"), self._actor, session)
        verb = self._verb(work)
        if verb and self._copy.troubles:
            self.line.error = f"no {verb}: {self._copy.troubles[0]}"
        elif verb == CLAIM and self.can_speak:
            return self._claim(work, watched)
        elif verb and self.can_speak:
            self._do(verb, work)
        elif self._may_claim:
            work.find_who_is_busy()
        return work

    def _claim(self, work: Work, watched: Watched) -> Work:
        """Claim, but one session after the other: who was later sees in the file who works."""
        self.limit.extend()
        turn = self._take_turn()
        if turn is not None:
            work = Work(watched.path_of("tasks"), self._actor, self.call.session or NO_SESSION)
        if self._verb(work):
            self._do(CLAIM, work)
        else:
            work.find_who_is_busy()
        if turn is not None:
            close(turn)
        return work

    def _take_turn(self) -> int | None:
        """Wait for the sessions that claim now; without a note nobody waits for anybody."""
        path = f"{self.notes}/claiming.{self._actor}"
        try:
            return lock(path, self.limit.left - TURN_SECONDS) if self.notes else None
        except TimeoutError:
            return None

    def _do(self, verb: str, work: Work) -> None:
        work.do(verb, self._space, self.limit)
        self.line.error = work.trouble

    def _verb(self, work: Work) -> str:
        if self.call.event in clients.ENDS:
            return RELEASE if work.holds else ""
        if work.holds:
            return RENEW if self._is_prompt else KEEP
        return CLAIM if self._may_claim and work.is_wanted else ""

    @property
    def _may_claim(self) -> bool:
        """Whether this event is one at which the settings let a session take a task."""
        if self._is_prompt:
            return self._copy.claim in {ON_PROMPT, ON_SESSION}
        is_start = self.call.event in clients.STARTS
        is_new = is_start and self.call.source not in clients.FORGETFUL_SOURCES
        return is_new and self._copy.claim == ON_SESSION

    # --- stamps and notes -------------------------------------------------------------------------

    def _leave_stamp(self, stamps: Stamps, watched: Watched, *, is_quiet: bool) -> None:
        is_current = self._copy.is_current(self._space, self._user)
        # That nothing is there needs no settings; that all was told needs to know how far to trust.
        name = QUIET if is_quiet else self._told_stamp() if is_current else ""
        if name:
            by_default = is_current and self._actor == self._copy.default
            stamps.write(name, watched, by_default=by_default)

    def _told_stamp(self) -> str:
        """The stamp of this session, where the client says in the environment which it is."""
        own = variable(clients.SESSION_VARIABLES.get(self.call.client, ""))
        return told_name(own) if own and own == self.call.session else ""

    def _take_leave(self) -> None:
        self._work(Watched(self._space, self._actor, self._user))
        self.line.outcome = "ended"
        if self.notes:
            remove(f"{self.notes}/sessions/{self._note()}")
            stamp = told_name(self.call.session)
            if stamp:
                Stamps(self.notes, self._actor).remove(stamp)

    def _export_actor(self) -> None:
        """Let `orgpost send` in the agent's own shell have the sender that was registered."""
        path = variable(clients.ENVIRONMENT_FILES.get(self.call.client, ""))
        words = f"export ORGPOST_ACTOR={self._actor}\n".encode()
        if path and self.call.named and words not in (read(path) or b""):
            append(path, words)


def notes_folder(space: str) -> str | None:
    """The folder of notes, made if it is missing; None where it is not ours or cannot be."""
    private = f"{space}/.orgpost"
    is_new = not own_folder(private, make=False)
    if not own_folder(private):
        return None
    if is_new:
        append(f"{private}/.gitignore", b"*\n")
    folder = f"{private}/hooks"
    return folder if own_folder(folder) else None

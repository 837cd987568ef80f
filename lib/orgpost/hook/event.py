"""What is done at one event: nothing, forget, take leave, let a turn go on, or tell what is new."""

import time

from . import clients, dialects, log
from .call import Call, variable
from .clients import END, FORGET, PROMPT, SILENT, START, STOP, SYSTEM
from .copy import Copy, load
from .disk import append, own_folder, read, remove
from .errand import NEVER, NO_SESSION, NOTHING, URGENT, Errand, Place
from .held import WorkNews
from .library import Late
from .limit import Limit
from .places import find_space, is_name, user_settings
from .session import Session
from .stamps import QUIET, Stamps, Watched, told_name
from .stdout import hand_over
from .tell import ALL, NEWS, Teller
from .told import Told, note_name


class Event:
    """One event of a session in a space; `notes` is None where nothing can be written down."""

    def __init__(self, call: Call, limit: Limit, *, can_speak: bool) -> None:
        self.call, self.limit, self.can_speak = call, limit, can_speak
        # Whether stdout has got anything, whole or not.
        self.has_spoken = False
        self.notes: str | None = None
        self.line = log.Line(call.client, call.event)
        self._user = user_settings()
        self._space = self._actor = self._role = ""
        self._copy = Copy()

    def answer(self) -> None:
        """Do what the event asks for; `line` then says what it was."""
        space = find_space(self.call)
        if space is None:
            return
        self._space, self.notes = space, None if self.call.is_trial else notes_folder(space)
        self._role = self._find_role()
        if not self._role:
            return
        try:
            kept = kept_notes(space) if self.call.is_trial else self.notes
            self._copy = load(space, self._user, kept)
        except Late:
            self.line.error = "the library is still at work on tiers and settings"
            return
        self._actor = self._find_actor()
        if not self._actor:
            self.line.error = "no actor"
            return
        self.line.session = self._note().rpartition(".")[2]
        self._act()

    def _find_role(self) -> str:
        """What the event asks for; empty where it is silent, and then the line says why."""
        call = self.call
        role = clients.role_of(call.client, call.event)
        if not role:
            self.line.error = "unknown client or event"
        elif call.odd:
            self.line.error = "odd words"
        elif role != SILENT and not call.of_subagent:
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

    def _act(self) -> None:
        if self._role == END:
            self._take_leave()
            return
        if self._role == START:
            self._export_actor()
        stamps = Stamps(self.notes, self._actor) if self.notes else None
        told = Told(self.call.client, self._actor, stamps.epoch() if stamps else "-")
        try:
            session = Session(self.notes, self._note(), told)
            with session:
                self._meet(session, stamps)
        except TimeoutError:
            self.line.error = "another process has this session"

    def _meet(self, session: Session, stamps: Stamps | None) -> None:
        """Do what is done of the session's own."""
        watched = Watched(self._space, self._actor, self._user)
        errand = self._errand(watched)
        if self._role == STOP:
            self._end_turn(session, errand, watched)
        elif errand.scope != NOTHING:
            self._tell(session, errand, watched, stamps)
        else:
            self._run(errand, session.told)
            if self._role == FORGET:
                session.told.forget()
                session.save()
                self.line.outcome = "forgot"

    def _errand(self, watched: Watched) -> Errand:
        place = Place(self._space, self.notes, self._actor)
        return Errand(place, self.call, self._role, self._copy, watched)

    def _run(self, errand: Errand, told: Told | None) -> None:
        errand.run(told, self.limit, can_speak=self.can_speak)
        self.line.error = errand.trouble

    # --- telling ----------------------------------------------------------------------------------

    def _tell(
        self, session: Session, errand: Errand, watched: Watched, stamps: Stamps | None
    ) -> None:
        if self._role == START:
            # Without an id all sessions of an actor are one, which each start begins anew.
            source = self.call.source if self.call.session else NO_SESSION
            if source in clients.FORGETFUL_SOURCES or source == NO_SESSION:
                session.told.start_anew(source, time.time_ns() // 1_000_000)
        self._run(errand, session.told)
        urgent = errand.scope == URGENT
        repeats = self._role in {PROMPT, SYSTEM}
        news = WorkNews(errand.work, session.told, repeats=repeats, urgent=urgent)
        what = ALL if self._role == SYSTEM else URGENT if urgent else NEWS
        teller = Teller(watched, self._copy, self._actor, session.told, news, what=what)
        document = dialects.document(self.call.client, self.call.echo, teller.text)
        if self._say(session, teller, news, document):
            is_open = bool(errand.work and errand.work.is_open)
            if stamps and teller.is_settled and not is_open:
                self._leave_stamp(stamps, watched, is_quiet=teller.is_quiet)

    def _say(self, session: Session, teller: Teller, news: WorkNews, document: bytes) -> bool:
        """Say it, and note that it was said; whether all that is known is noted now."""
        self.line.error = self.line.error or teller.trouble or self._copy.fault
        text = teller.text
        if text:
            self.has_spoken = self.can_speak
            if not (self.can_speak and hand_over(document, self.limit.deadline)):
                self.line.error = "nobody took the document"
                return False
            teller.note_as_told(int(time.time()))
            self.line.outcome = "told"
        noted = session.save()
        if text and self.notes:
            log.charge(self.notes, self.line, text, len(teller.listed) + bool(news.blocks))
        return noted

    def _end_turn(self, session: Session, errand: Errand, watched: Watched) -> None:
        """Let the turn end, or go on with the next task; what is told then is why."""
        told, now = session.told, int(time.time())
        errand.may_go_on = self._may_go_on(told.turns_held_back(now)) and errand.is_wanted
        if not errand.may_go_on:
            self._run(errand, told)
            return
        turn = told.note_turn(now)
        # A cap that nobody can count up to is none.
        if not session.save():
            self.line.error = "no turn goes on where it cannot be noted"
            return
        self._run(errand, told)
        work = errand.work
        if work is None or not (work.held or self._copy.claim == NEVER):
            told.take_back(turn)
            session.save()
            return
        news = WorkNews(work, told, repeats=True)
        news.is_any = True  # also where what waits is only counted
        teller = Teller(watched, self._copy, self._actor, told, news, preface=dialects.NOT_THE_USER)
        document = dialects.holding_back(self.call.client, self.call.echo, teller.text)
        self._say(session, teller, news, document)
        if self.line.outcome == "told":
            self.line.outcome = "went on"

    def _may_go_on(self, turns: int) -> bool:
        copy = self._copy
        return (
            copy.keep_going
            and not copy.troubles
            and self.can_speak
            and not self.call.is_held_back
            and turns < copy.keep_going_cap
        )

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
        self._run(self._errand(Watched(self._space, self._actor, self._user)), None)
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


def kept_notes(space: str) -> str | None:
    """The folder of notes, if there is one of ours; nothing is made."""
    folder = f"{space}/.orgpost/hooks"
    return folder if own_folder(folder, make=False) else None


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

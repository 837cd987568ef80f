"""What is done at one event: nothing, forget, take leave, or tell what is new."""

import time

from . import clients, log
from .call import KNOWN_CLIENTS, Call, variable
from .copy import Copy, Late, load
from .disk import append, own_folder, read, remove
from .places import find_space, is_name, user_settings
from .session import Session
from .stamps import QUIET, Stamps, Watched, told_name
from .stdout import hand_over
from .tell import Teller
from .told import Told, note_name

NO_SESSION = "none"


class Event:
    """One event of a session in a space; `notes` is None where nothing can be written down."""

    def __init__(self, call: Call, deadline: float, *, can_speak: bool) -> None:
        self.call, self.deadline, self.can_speak = call, deadline, can_speak
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
        teller = Teller(watched, self._copy, self._actor, session.told)
        self.line.error = teller.trouble or self._copy.fault
        text = teller.text
        if text:
            document = clients.document(self.call.event, text)
            if not (self.can_speak and hand_over(document, self.deadline)):
                self.line.error = "nobody took the document"
                return
            teller.note_as_told(int(time.time()))
            self.line.outcome = "told"
        noted = session.save()
        if text and self.notes:
            log.charge(self.notes, self.line, text, len(teller.listed))
        if noted and stamps and teller.is_settled:
            self._leave_stamp(stamps, watched, is_quiet=teller.is_quiet)

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

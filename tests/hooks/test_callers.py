"""Misbehaving callers and broken worlds: exit 0 in time, one document or nothing, and no word more.

Each is tried with news, and with a stamp that vouches for silence.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, Any

import pytest

from orgpost.hook_copy import renew
from tests.hooks.world import (
    CONTACTS,
    GATE,
    HEADER,
    SHELLS,
    Answer,
    World,
    entry,
    installed,
    payload,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

FIRST = "msg-20261120-083105-7k3m9q2xwd"
GOOD = payload("UserPromptSubmit")
OBJECT = b'{"session_id":"s","hook_event_name":"UserPromptSubmit"}'


@pytest.fixture(params=["news", "stamp"])
def state(request: pytest.FixtureRequest, world: World) -> str:
    """A world with one unread message, or with nothing and a stamp that says so."""
    if request.param == "news":
        world.mail(entry(FIRST))
    else:
        world.mail(entry(FIRST, state="READ"))
        assert world.hook(session="before").is_silent
        assert (world.notes / "stamps/tex-agent/quiet").exists()
    return str(request.param)


def expect(answer: Answer, state: str) -> None:
    """The message is told if there is one, and nothing else in any case."""
    assert (answer.stderr, answer.status) == (b"", 0)
    assert answer.ids == ([FIRST] if state == "news" else [])


# --- stdin ----------------------------------------------------------------------------------------

ODD_DOCUMENTS = {
    "empty": b"",
    "a line end": b"\n",
    "no JSON": b"what is this?",
    "half": b'{"session_id":"s","prompt":"',
    "an array": b"[1,2]",
    "a number": b"17",
    "null": b"null",
    "two documents": OBJECT + b"\n" + OBJECT,
    "an object and noise": OBJECT + b" ]]]",
    "BOM": b"\xef\xbb\xbf" + OBJECT,
    "NUL before": b"\0" + OBJECT,
    "NUL inside": b'{"session_id":"a\0b"}',
    "not UTF-8": b'{"session_id":"\xff\xfe","prompt":"\xc3"}',
    "UTF-16": OBJECT.decode().encode("utf-16"),
    "CRLF": OBJECT.replace(b",", b",\r\n") + b"\r\n",
    "unknown fields": b'{"session_id":"s","nonsense":{"a":[1,{"b":null}]},"cwd2":"/"}',
    "fields of another type": b'{"session_id":17,"cwd":[],"source":{},"agent_id":5,"prompt":null}',
    "a long id": b'{"session_id":"' + b"x" * 70_000 + b'"}',
    "an id that is a path": b'{"session_id":"../../x"}',
    "half a character": b'{"session_id":"\\ud800","cwd":"\\udcff"}',
    "a number without end": b'{"session_id":"s","n":' + b"9" * 100_000 + b"}",
    "2 MB": b'{"session_id":"s","prompt":"' + b"x" * 2_000_000 + b'"}',
    "5 MB": b'{"session_id":"s","prompt":"' + b"x" * 5_000_000 + b'"}',
    "2 MB without an end": b'{"session_id":"s","prompt":"' + b"}" * 2_000_000,
    "2 MB of [": b"[" * 2_000_000,
    "2 MB of [ in an object": b'{"a":' + b"[" * 2_000_000,
}


@pytest.mark.parametrize("name", ODD_DOCUMENTS)
def test_whatever_comes_on_stdin_mail_is_told(name: str, state: str, world: World) -> None:
    """The first whole object, or as if nothing had been said."""
    begin = time.monotonic()
    expect(world.hook(stdin=ODD_DOCUMENTS[name]), state)
    assert time.monotonic() - begin < 2
    assert sorted(path.name for path in world.space.iterdir()) == [".orgpost", "org"]


@pytest.mark.parametrize("shell", SHELLS)
def test_stdin_may_be_nothing_or_closed(shell: str, state: str, world: World) -> None:
    """One session "none": told once, whatever stdin is."""
    command = [*SHELLS[shell], str(GATE), *world.words()]
    with open("/dev/null", "rb") as nothing:
        first = capture(command, world, stdin=nothing)
    expect(first, state)
    for closing in ("<&-", "</dev/null", "</", "<&- 2>&-"):
        script = f'"$0" "$@" {closing}'
        assert capture(["sh", "-c", script, *command], world).is_silent


@pytest.mark.parametrize("piece", [b"", OBJECT, OBJECT + b"\n", b'{"session_id":"s'])
def test_nobody_waits_for_the_end_of_stdin(piece: bytes, state: str, world: World) -> None:
    """A client that keeps the pipe open has its answer as soon as the object is whole."""
    begin = time.monotonic()
    with started(world) as process:
        give(process, piece)
        stdout = process.stdout.read() if process.stdout else b""
        status = process.wait()
        took = time.monotonic() - begin
        assert process.stdin is not None
        process.stdin.write(b"more" * 100)
        process.stdin.flush()  # somebody still takes it
    expect(Answer(stdout, b"", status), state)
    if piece.startswith(OBJECT):
        assert took < 0.45
    assert took < 2


@pytest.mark.parametrize("size", [2_000_000, 5_000_000])
def test_what_the_client_still_writes_is_taken(size: int, state: str, world: World) -> None:
    """No broken pipe, however late it comes and however little of it was needed."""
    with started(world) as process:
        give(process, OBJECT)
        expect_after = time.monotonic() + 2
        stdout = process.stdout.read() if process.stdout else b""
        process.wait()
        give(process, b" " * size)
    assert time.monotonic() < expect_after
    expect(Answer(stdout, b"", process.returncode), state)


def test_after_five_seconds_nobody_reads_a_pipe_that_stays_open(state: str, world: World) -> None:
    """No process is left behind, also when the client never closes."""
    with started(world) as process:
        give(process, OBJECT)
        process.wait()
        give(process, b"still taken")
        time.sleep(5.5)
        with pytest.raises(BrokenPipeError):
            give(process, b"not any more")
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.close()
    assert state


def test_stdout_ends_when_the_gate_does(state: str, world: World) -> None:
    """What stays behind to take stdin holds no end of the client's pipes."""
    with started(world) as process:
        give(process, OBJECT)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read()
        process.stderr.read()
        begin = time.monotonic()
        process.wait()
        assert time.monotonic() - begin < 0.5
    assert state


# --- stdout, stderr, environment ------------------------------------------------------------------


@pytest.mark.parametrize("where", [">&-", ">/dev/full", "| true", "| exec cat >/dev/full"])
def test_a_document_that_nobody_took_is_told_again(where: str, world: World) -> None:
    """Stdout closed or full: silent, and not noted as told; a pipe counts once it took it."""
    world.mail(entry(FIRST))
    script = f'printf %s "$P" | "$0" "$@" {where}'
    env = {**world.environment, "P": GOOD.decode()}
    subprocess.run(
        ["bash", "-c", script, str(GATE), *world.words()], env=env, capture_output=True, check=False
    )
    if where in {">&-", ">/dev/full"}:
        assert world.hook().ids == [FIRST]
        assert world.log()[0]["error"] == "nobody took the document"


def test_a_full_pipe_that_nobody_reads_stops_nobody(world: World) -> None:
    """Within its second, and told again."""
    world.mail(entry(FIRST))
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)
    os.set_blocking(write, True)
    begin = time.monotonic()
    subprocess.run(
        [str(GATE), *world.words()],
        input=GOOD,
        stdout=write,
        env=world.environment,
        check=True,
        timeout=5,
    )
    assert time.monotonic() - begin < 2
    os.close(read)
    os.close(write)
    assert world.hook().ids == [FIRST]


@pytest.mark.parametrize("missing", ["HOME", "PATH", "both", "stderr", "everything"])
def test_an_environment_without_much_in_it_is_enough(
    missing: str, state: str, world: World
) -> None:
    """No home, no PATH, no stderr: as usual."""
    env = world.environment
    if missing in {"HOME", "both"}:
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            del env[name]
    if missing in {"PATH", "both"}:
        del env["PATH"]
    if missing == "everything":
        env = {"ORGPOST_PYTHON": sys.executable}
    if missing == "stderr":
        command = ["/bin/sh", "-c", '"$0" "$@" 2>&-', str(GATE), *world.words()]
    else:
        command = [str(GATE), *world.words()]
    expect(run(command, GOOD, env), state)


def test_the_working_folder_may_be_gone(state: str, world: World, tmp_path: Path) -> None:
    """A path that is absolute needs none."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd {gone} && rmdir {gone} && exec "$0" "$@"'
    answer = run(["dash", "-c", script, str(GATE), *world.words()], GOOD, world.environment)
    # The shell itself has a word to say about the folder, before it reads a script.
    expect(Answer(answer.stdout, b"", answer.status), state)


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["claude", "Nonsense"],
        ["nobody", "UserPromptSubmit"],
        ["claude", "UserPromptSubmit", "more", "words"],
        ["claude", "UserPromptSubmit", "--nonsense"],
        ["claude", "UserPromptSubmit", "--as"],
    ],
)
def test_odd_words_are_silent_and_logged(words: list[str], state: str, world: World) -> None:
    """Nobody guesses what was meant."""
    world.env |= {"ORGPOST_SPACE": str(world.space), "ORGPOST_ACTOR": "tex-agent"}
    before = len(world.log())
    assert world.hook(words=words).is_silent
    (line,) = world.log()[before:]
    assert line["error"] in {"unknown client or event", "odd words"}
    assert state


@pytest.mark.parametrize("words", [[], ["claude"]])
def test_what_no_word_says_is_found_on_stdin(words: list[str], state: str, world: World) -> None:
    """Client and event, as an old settings file needs it."""
    world.env |= {"ORGPOST_SPACE": str(world.space), "ORGPOST_ACTOR": "tex-agent"}
    expect(world.hook(words=words, stdin=GOOD), state)


def test_the_space_and_the_actor_may_be_written_with_an_equals_sign(
    state: str, world: World
) -> None:
    """As any other program takes them."""
    words = ["claude", "UserPromptSubmit", f"--space={world.space}", "--as=tex-agent"]
    expect(world.hook(words=words), state)


@pytest.mark.parametrize("actor", ["nobody", "../tex-agent", "", "tex agent", "all", "x" * 100])
def test_an_actor_who_is_none_is_silent(actor: str, state: str, world: World) -> None:
    """Nothing is made for it, no path is built of it."""
    before = sorted(path for path in world.space.rglob("*") if path.is_dir())
    words = ["claude", "UserPromptSubmit", "--space", str(world.space), "--as", actor]
    assert world.hook(words=words).is_silent
    assert sorted(path for path in world.space.rglob("*") if path.is_dir()) in (
        before,
        sorted([*before, world.space / ".orgpost", world.notes]),
    )
    assert state


def test_outside_of_a_space_nothing_is_said_and_nothing_written(tmp_path: Path, home: Path) -> None:
    """Neither there nor at home; and a place that is named is not searched from."""
    here = tmp_path / "project"
    here.mkdir()
    env = {**os.environ, "ORGPOST_PYTHON": sys.executable, "ORGPOST_ACTOR": "tex-agent"}
    for words in ([], ["--space", str(here)], ["--space", "/nowhere"], ["--space", ""]):
        stdin = payload("UserPromptSubmit", cwd=str(here))
        assert run([str(GATE), "claude", "UserPromptSubmit", *words], stdin, env).is_silent
    assert list(here.iterdir()) == []
    assert list(home.rglob("*")) == []


@pytest.mark.parametrize("key", ["cwd", "workspace_roots", "workspaceRoots", "workspacePaths"])
def test_the_space_is_looked_for_from_the_clients_folder(key: str, world: World) -> None:
    """Upwards, from wherever the client says that it works."""
    world.mail(entry(FIRST))
    below = world.space / "src" / "deep"
    below.mkdir(parents=True)
    facts: dict[str, Any] = {"cwd": None, key: str(below) if key == "cwd" else [str(below), "/"]}
    words = ["claude", "UserPromptSubmit", "--as", "tex-agent"]
    assert world.hook(words=words, **facts).ids == [FIRST]


def test_the_clients_variable_says_where_it_works(world: World) -> None:
    """Where stdin does not; the process's own folder is never asked."""
    world.mail(entry(FIRST))
    command = [str(GATE), "claude", "UserPromptSubmit", "--as", "tex-agent"]
    assert run(command, b"{}", world.environment, cwd=world.space).is_silent
    world.env["CLAUDE_PROJECT_DIR"] = str(world.space)
    assert run(command, b"{}", world.environment, cwd="/").ids == [FIRST]


@pytest.mark.parametrize(
    "line", ["default_space: {}", "default_space: '{}'", 'default_space: "{}"  # mine']
)
def test_the_users_default_space_is_the_last_resort(line: str, world: World, home: Path) -> None:
    """As `config set` writes it, with `~` for the home."""
    world.mail(entry(FIRST))
    settings = home / ".config/orgpost/settings.local.yaml"
    settings.parent.mkdir(parents=True)
    (home / "mail").symlink_to(world.space)
    settings.write_text(f"# mine\nmessaging:\n  {line.format('~/mail')}\n")
    settings.chmod(0o600)
    renew(world.space, os.environ)
    words = ["claude", "UserPromptSubmit", "--as", "tex-agent"]
    assert world.hook(words=words, stdin=b"{}").ids == [FIRST]


def test_of_all_ways_to_name_an_actor_the_strongest_counts(world: World) -> None:
    """`--as`, $ORGPOST_AS, $ORGPOST_ACTOR, hooks.actor, identity.name, $USER."""
    for name in ("tex", "crt", "gregor"):
        path = world.space / f"org/messaging/inbox/{name}.org"
        world.write(path, HEADER + entry(f"msg-for-{name}", sender="tex"))
    world.mail(entry("msg-for-tex-agent"))
    world.settings("hooks:\n  actor: crt\nidentity:\n  name: tex\n")
    words = ["claude", "UserPromptSubmit", "--space", str(world.space)]
    world.env = {"ORGPOST_AS": "tex", "ORGPOST_ACTOR": "crt"}
    assert world.hook(words=[*words, "--as", "@gz"]).ids == ["msg-for-gregor"]
    assert world.hook(words=words).ids == ["msg-for-tex"]
    world.env = {"ORGPOST_AS": "", "ORGPOST_ACTOR": "tex-agent"}
    assert world.hook(words=words).ids == ["msg-for-tex-agent"]
    world.env = {"USER": "gregor"}
    assert world.hook(words=words).ids == ["msg-for-crt"]
    world.settings("identity:\n  name: tex\n")
    assert world.hook(words=words, session="s2").ids == ["msg-for-tex"]
    world.settings("")
    assert world.hook(words=words, session="s3").ids == ["msg-for-gregor"]


# --- the space ------------------------------------------------------------------------------------


def test_where_no_note_can_be_taken_mail_is_told_each_time(world: World) -> None:
    """`.orgpost` is a file: nothing is noted, no stamp is left."""
    world.mail(entry(FIRST))
    subprocess.run(["rm", "-r", str(world.space / ".orgpost")], check=True)
    (world.space / ".orgpost").write_text("mine")
    for _ in range(2):
        assert world.hook().ids == [FIRST]
    assert (world.space / ".orgpost").read_text() == "mine"


def test_a_folder_of_notes_that_is_a_link_is_not_ours(world: World, tmp_path: Path) -> None:
    """Nothing is written through it."""
    world.mail(entry(FIRST))
    subprocess.run(["rm", "-r", str(world.space / ".orgpost")], check=True)
    (tmp_path / "theirs").mkdir()
    (world.space / ".orgpost").symlink_to(tmp_path / "theirs")
    for _ in range(2):
        assert world.hook().ids == [FIRST]
    assert list((tmp_path / "theirs").iterdir()) == []


def break_inbox(world: World, how: str) -> None:
    """Put something else in the place of the inbox."""
    world.inbox.unlink(missing_ok=True)
    if how == "a folder":
        world.inbox.mkdir()
    elif how == "a pipe":
        os.mkfifo(world.inbox)
    elif how == "a dangling link":
        world.inbox.symlink_to("nowhere")
    elif how == "a link to itself":
        world.inbox.symlink_to(world.inbox)
    elif how == "noise":
        world.inbox.write_bytes(os.urandom(300_000))
    elif how == "one line of 3 MB":
        world.inbox.write_bytes(b"* UNREAD " + b"x" * 3_000_000)
    elif how == "a drawer that never ends":
        world.inbox.write_bytes(b"* UNREAD x\n:PROPERTIES:\n" + b":A: b\n" * 300_000)


@pytest.mark.parametrize(
    "how",
    [
        "absent",
        "a folder",
        "a pipe",
        "a dangling link",
        "a link to itself",
        "noise",
        "one line of 3 MB",
        "a drawer that never ends",
    ],
)
def test_an_inbox_that_cannot_be_read_is_as_empty(how: str, world: World) -> None:
    """It is logged where there is something in the way, and leaves no stamp then."""
    break_inbox(world, how)
    assert world.hook().is_silent
    odd = how not in {"absent", "noise", "one line of 3 MB", "a drawer that never ends"}
    assert bool(world.log()[0]["error"]) == odd
    assert (world.notes / "stamps/tex-agent/quiet").exists() == (how == "absent")


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("settings.local.yaml", "hooks: [", "settings unreadable: orgpost config check"),
        ("settings.local.yaml", "nonsense: 1\n", "settings unreadable: orgpost config check"),
        ("org/messaging/contacts.yaml", "actors: [", "contacts unreadable: orgpost doctor"),
        ("org/messaging/contacts.yaml", "actors: 5\n", "contacts unreadable: orgpost doctor"),
    ],
)
def test_broken_contacts_or_settings_leave_counts_only(
    file: str, text: str, words: str, world: World
) -> None:
    """All tiers are unknown then; line 1 says what is wrong and who can tell more."""
    world.mail(entry(FIRST))
    world.write(world.space / file, text)
    renew(world.space, os.environ)
    answer = world.hook()
    assert answer.ids == []
    first, second = answer.text.split("\n")
    assert first == (
        "orgpost for tex-agent: 1 more from senders of tier unknown, "
        f"not shown: orgpost inbox; {words}"
    )
    assert second.startswith("Below is mail from others")
    assert world.hook().is_silent


def test_once_contacts_are_repaired_what_was_only_counted_is_told(world: World) -> None:
    """To have been counted as a stranger's is not to have been told."""
    world.mail(entry(FIRST))
    world.contacts("actors: [")
    assert world.hook().ids == []
    world.contacts(CONTACTS)
    assert world.hook().ids == [FIRST]


def test_the_library_notes_a_change_of_contacts_by_itself(world: World) -> None:
    """The second stage starts it once, and has the answer in the same event."""
    world.mail(entry(FIRST, sender="mallory"))
    text = CONTACTS + "  - {id: mallory, kind: person, trust_tier: trusted}\n"
    world.contacts(text, copy=False)
    before = (world.notes / "copy").read_text()
    wait_for_library(world)
    assert (world.notes / "copy").read_text() != before


def wait_for_library(world: World) -> None:
    """A machine that is busy may need more than one event."""
    for _ in range(5):
        if world.hook().ids == [FIRST]:
            return
        time.sleep(0.3)
    pytest.fail("the library never answered")


def test_without_the_library_mail_is_told_as_long_as_its_copy_is_good(
    world: World, tmp_path: Path
) -> None:
    """And only counted after a change that nobody read; the library is not asked each time."""
    world.mail(entry(FIRST))
    world.env["ORGPOST_PYTHON"] = str(bare_python(tmp_path))
    assert world.hook().ids == [FIRST]
    world.contacts(CONTACTS + "# a word more\n", copy=False)
    assert world.hook(session="s2").ids == []
    assert b"1 more from senders of tier unknown" in world.hook(session="s3").stdout
    assert (tmp_path / "asked").read_text().count("asked") == 1


def bare_python(folder: Path) -> Path:
    """A Python that has no orgpost and notes when it is asked for it."""
    python = folder / "bare"
    python.write_text(
        "#!/bin/sh\n"
        f"case $* in *hook_copy*) echo asked >>'{folder}/asked'; exit 1 ;; esac\n"
        f'exec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    # The second stage starts the library with the interpreter that runs it.
    link = folder / "with-bare"
    link.write_text(
        "#!/bin/sh\n"
        f"shift 3; exec {sys.executable} -I -S -c "
        f'\'import sys; sys.executable = "{python}"; \'"$@"\n'
    )
    link.chmod(0o755)
    return link


@pytest.mark.parametrize("kind", ["none", "broken", "too old"])
def test_without_a_python_that_runs_a_hook_is_silent(
    kind: str, state: str, world: World, tmp_path: Path
) -> None:
    """And takes what the client writes all the same."""
    env = {**world.environment, "PATH": "/nowhere", "XDG_STATE_HOME": "/nowhere"}
    env["ORGPOST_PYTHON"] = {
        "none": "/nowhere/python",
        "broken": str(world.space),
        "too old": "/bin/false",
    }[kind]
    stdin = b'{"prompt":"' + b"x" * 2_000_000 + b'"}'
    gate = installed(tmp_path) / "orgpost-hook"
    assert run([str(gate), *world.words()], stdin, env).is_silent
    assert state


def test_two_registrations_of_one_session_at_once_say_it_once(world: World) -> None:
    """Gate and old name are one hook."""
    world.mail(entry(FIRST))
    watcher = str(GATE.with_name("inbox-watcher"))
    commands = ([str(GATE), *world.words()], [watcher, *world.words()[1:]])
    running = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=world.environment
        )
        for command in commands
    ]
    said = [process.communicate(GOOD)[0] for process in running]
    assert sum(bool(document) for document in said) == 1


def test_a_session_that_another_process_holds_is_left_alone(world: World) -> None:
    """After 50 ms the hook is silent, and the mail is told by the next event."""
    import fcntl

    world.mail(entry(FIRST))
    world.hook()
    world.mail(entry(FIRST, body="Other words."))
    (note,) = (world.notes / "sessions").iterdir()
    with note.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert world.hook().is_silent
    assert world.log()[-1]["error"] == "another process has this session"
    assert world.hook().ids == [FIRST]


@pytest.mark.parametrize(
    ("stdin", "client"),
    [
        ({"cursor_version": "3.20"}, "cursor"),
        ({"conversationId": "c", "invocationNum": 0}, "antigravity"),
        ({"hookEventName": "UserPromptSubmit", "sessionId": "s"}, "vscode"),
        ({"clineVersion": "3"}, "cline"),
        ({"agent_action_name": "pre_user_prompt"}, "windsurf"),
    ],
)
def test_settings_that_another_client_runs_are_that_clients(
    stdin: dict[str, object], client: str, world: World
) -> None:
    """It says so itself; and where nothing is spoken to it, the hook is silent."""
    world.mail(entry(FIRST))
    assert world.hook(stdin=json.dumps(stdin).encode()).is_silent
    assert world.log()[0]["client"] == client


def test_no_hook_changes_a_byte_of_the_mail(world: World) -> None:
    """Neither its own event nor any other."""
    world.mail(entry(FIRST))
    before = world.inbox.read_bytes(), world.inbox.stat().st_mtime_ns
    for event in ("SessionStart", "UserPromptSubmit", "PreCompact", "SessionEnd"):
        world.hook(event)
    assert (world.inbox.read_bytes(), world.inbox.stat().st_mtime_ns) == before


def test_the_log_holds_no_word_of_anybodys(world: World) -> None:
    """Time, client, event, outcome: no subject, body, prompt or path."""
    world.mail(entry(FIRST, "A secret subject", body="A secret body."))
    world.hook(prompt="A secret prompt", cwd="/secret/folder")
    (line,) = world.log()
    assert sorted(line) == ["client", "error", "event", "ms", "outcome", "session", "time"]
    assert (line["client"], line["event"], line["outcome"]) == (
        "claude",
        "UserPromptSubmit",
        "told",
    )
    notes = [path.read_bytes() for path in world.notes.rglob("*") if path.is_file()]
    assert not [text for text in notes if b"ecret" in text]


# --- how a client runs it -------------------------------------------------------------------------


def capture(command: list[str], world: World, stdin: IO[bytes] | None = None) -> Answer:
    """Run a command with a stdin that is no pipe."""
    done = subprocess.run(
        command, stdin=stdin, capture_output=True, env=world.environment, check=False, timeout=5
    )
    return Answer(done.stdout, done.stderr, done.returncode)


@contextlib.contextmanager
def started(world: World) -> Iterator[subprocess.Popen[bytes]]:
    """A hook with its pipes open; stdin is closed at the end."""
    process = subprocess.Popen(
        [str(GATE), *world.words()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=world.environment,
    )
    with process:
        yield process


def give(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Write to its stdin, which stays open."""
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.flush()

"""A real Chromium at a real relay: windows that fail their test at any error, dialog or report.

Where Chromium is missing these tests fail, with the line of `.ci/packages` that brings it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from orgpost.post import Post
from tests.cli.conftest import CONTACTS
from tests.cli.door import command, environment
from tests.cli.office import AGENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
SETTINGS: Final = (
    "identity: {name: tex}\nstore: {sync: off}\n"
    "messaging: {compute: {cooldown_between_tasks: 0, rate_limits: {tasks_per_hour: 0}}}\n"
)
SECONDS: Final = 30.0  # a busy machine needs more than one would think
MILLISECONDS: Final = SECONDS * 1000
# Chromium tells of an answer that is a refusal as of a failure.
_REFUSED: Final = re.compile(r"Failed to load resource: .* status of (403|404|409|413|422|429)")


class Served:
    """A relay in a process of its own, with its board."""

    def __init__(self, space: Path) -> None:
        self.space = space
        self.port = "0"
        self.start()

    def start(self) -> None:
        """Serve; on return the board answers."""
        words = ("--space", str(self.space), "--json", "relay", "serve", "--port", self.port)
        # Its log goes into a file: a pipe that nobody reads would stop it.
        with (self.space.parent / "relay.log").open("ab") as log:
            self._process = subprocess.Popen(
                command(*words, "--board", "--burst", "1000"),
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())["data"]
        self.url, self.port = str(told["board"]).rstrip("/"), str(told["port"])

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def token(self, actor: str) -> str:
        """A token for the board, as the command line makes it."""
        told = self.run("relay", "token", actor, "--scope", "ui")
        return str(told["token"])

    def run(self, *words: str) -> Any:
        """What the command line tells of this space."""
        argv = command("--space", str(self.space), "--json", *words)
        done = subprocess.run(argv, env=environment(), capture_output=True, check=True)
        return json.loads(done.stdout)["data"]

    @contextmanager
    def post(self, me: str = "tex") -> Iterator[Post]:
        """Its mail, without the relay."""
        with Post.open(self.space, me) as post:
            yield post


class Window:
    """One window of somebody who is logged in; `problems` is what no test may see."""

    def __init__(self, browser: Browser, served: Served, token: str, **how: Any) -> None:
        self.served = served
        self.problems: list[str] = []
        self.context: BrowserContext = browser.new_context(base_url=served.url, **how)
        self.context.set_default_timeout(MILLISECONDS)
        self.page: Page = self.context.new_page()
        self.watch(self.page)
        self.page.goto("/login")
        self.page.fill("input[name=token]", token)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url("**/")

    def watch(self, page: Page) -> None:
        """Keep all that a good page never causes."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))
        page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _REFUSED.match(message.text):
            self.problems.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.served.url).netloc:
            self.problems.append(f"request: {request.url}")

    def live(self, path: str) -> Page:
        """Open a page and wait until it hears of changes."""
        self.page.goto(path)
        self.page.wait_for_selector("html[data-link=up]")
        return self.page

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert not self.problems, self.problems


def make_space(folder: Path) -> Path:
    """A space of tex (owner), crt (team), ann (trusted), mira, and two agents."""
    space = folder / "space"
    messaging = space / "org" / "messaging"
    messaging.mkdir(parents=True)
    (messaging / "contacts.yaml").write_bytes(CONTACTS + AGENTS)
    settings = space / "settings.local.yaml"
    settings.write_text(SETTINGS)
    settings.chmod(0o600)
    return space


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium; a test that has none fails."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        pytest.fail("the board's tests need Chromium: apt-get install chromium")
    flags = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=flags)
        try:
            yield browser
        finally:
            browser.close()


class House:
    """A browser, a relay, and tokens that are made once."""

    def __init__(self, browser: Browser, served: Served) -> None:
        self.browser, self.served = browser, served
        self._tokens: dict[str, str] = {}

    def window(self, actor: str = "tex", **how: Any) -> Window:
        """Somebody's window, logged in."""
        if actor not in self._tokens:
            self._tokens[actor] = self.served.token(actor)
        return Window(self.browser, self.served, self._tokens[actor], **how)

    def send(
        self, body: str = "Text.", *, to: str = "tex", sender: str = "crt", **more: Any
    ) -> str:
        """Send a message; its id."""
        with self.served.post(sender) as post:
            return post.messages.create_message(sender, to, body, **more).id

    def state(self, id: str) -> str:
        """The state of a message."""
        with self.served.post() as post:
            return post.messages.find_by_id(id).state

    def ask(self, title: str = "Look at it", *, sender: str = "ann", **more: Any) -> str:
        """Give tex-agent a task; its id."""
        with self.served.post(sender) as post:
            return post.inbox("tex-agent").create_task(sender, title, **more).id

    def task(self, id: str) -> Any:
        """A task as it is now."""
        with self.served.post() as post:
            return post.inbox("tex-agent").find_by_id(id)


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """All of it."""
    served = Served(make_space(folder))
    try:
        with chromium() as browser:
            yield House(browser, served)
    finally:
        served.stop()

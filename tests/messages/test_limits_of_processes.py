"""Many processes of one agent at once: together they send what one of them may."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from orgpost.org.scan import find_all_ids
from orgpost.space import init

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from orgpost.errors import OrgpostError
from orgpost.message_store import Letter
from orgpost.post import Post

space, sender, count, work, *names = sys.argv[1:]
post = Post.open(space=space, me=sender)
sys.stdin.read(1)
for number in range(int(count)):
    to = names[number % len(names)]
    try:
        if work == "send":
            post.messages.create_message(sender, to, str(number))
        elif work == "broadcast":
            post.messages.broadcast(Letter(sender=sender, to="", body=str(number)), kind="all")
        else:
            post.messages.create_message(sender, to, str(number), reply_to=work)
        print("sent")
    except OrgpostError as error:
        print(error.code, error.details.get("retry_after_seconds"))
post.close()
"""

AGENTS = """\
  - {id: crt, kind: person}
  - {id: mira, kind: person}
  - {id: tex-agent, kind: agent, owner: tex}
  - {id: lab-agent, kind: agent, owner: tex, trust_tier: team}
  - {id: dev-agent, kind: agent, owner: tex, trust_tier: team}
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A space of three persons and three agents."""
    init(tmp_path, actor="tex")
    contacts = tmp_path / "org/messaging/contacts.yaml"
    contacts.write_text(contacts.read_text() + AGENTS)
    return tmp_path


def run(space: Path, *works: tuple[str, ...]) -> Counter[str]:
    """Let processes work at the same time; what they told."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(space), *words],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for words in works
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("!")
        process.stdin.flush()
    told = [line for process in processes for line in process.communicate()[0].splitlines()]
    assert [process.returncode for process in processes] == [0] * len(works)
    assert all(1 <= int(line.split()[1]) <= 600 for line in told if line != "sent")
    return Counter(line.split()[0] for line in told)


def ids(space: Path) -> int:
    """How many messages there are."""
    inboxes = (space / "org/messaging/inbox").glob("*.org")
    return sum(1 for inbox in inboxes for _ in find_all_ids(inbox.read_bytes()))


def test_three_processes_of_an_agent_send_ten_together(space: Path) -> None:
    """Scenario 31: exactly ten of its messages are stored, and all fifty of a person."""
    work = ("tex-agent", "10", "send", "tex", "crt", "mira")
    told = run(space, work, work, work)
    assert (told, ids(space)) == (Counter(sent=10, rate_limited=20), 10)
    told = run(space, *[("crt", "25", "send", "tex", "mira")] * 2)
    assert (told, ids(space)) == (Counter(sent=50), 60)
    assert run(space, work) == Counter(rate_limited=10)


def test_eight_processes_broadcast_ten_together(space: Path) -> None:
    """Each broadcast counts once, and is there whole."""
    told = run(space, *[("tex-agent", "3", "broadcast", "-")] * 8)
    assert (told, ids(space)) == (Counter(sent=10, rate_limited=14), 50)


def test_agents_in_many_processes_circle_twenty_times(space: Path) -> None:
    """Scenario 32, with both sides at once: not one reply too many."""
    from orgpost.post import Post

    with Post.open(space=space, me="lab-agent") as post:
        first = post.messages.create_message("lab-agent", "dev-agent", "hi").id
    sides = [("lab-agent", "10", first, "dev-agent"), ("dev-agent", "10", first, "lab-agent")]
    told = run(space, *sides, *sides)
    assert (told, ids(space)) == (Counter(sent=20, loop=20), 21)

"""A space with two agents of tex, and short words for what tests do with tasks in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.cli.conftest import CONTACTS

if TYPE_CHECKING:
    from tests.cli.door import Answer, Cli

AGENTS: Final = b"""\
  - {id: ann, kind: person, trust_tier: trusted}
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team}
  - {id: lab-agent, kind: agent, owner: crt, trust_tier: team}
"""


class Office:
    """Tasks of tex-agent; tex is its only owner, and crt, ann and mira ask for work."""

    def __init__(self, cli: Cli) -> None:
        self.cli, self.space = cli, cli.space
        (self.space / "org/messaging/contacts.yaml").write_bytes(CONTACTS + AGENTS)

    def __call__(self, *words: str, by: str = "tex", stdin: bytes | None = None) -> Answer:
        """Run `task …` with --json as somebody."""
        return self.cli("--json", "--as", by, "task", *words, stdin=stdin)

    def data(self, *words: str, by: str = "tex", stdin: bytes | None = None) -> Any:
        """Run what must work; its data."""
        answer = self(*words, by=by, stdin=stdin)
        assert answer.status == 0, answer
        return answer.data

    def refused(self, *words: str, by: str = "tex") -> tuple[int, str, str]:
        """Run what is refused; its status, its code and its sentence. No entry changes."""
        before = self.entries()
        answer = self(*words, by=by)
        assert self.entries() == before
        return answer.status, answer.code, str(answer.document["error"]["message"])

    def entries(self) -> dict[str, bytes]:
        """Every file of tasks."""
        return {name: data for name, data in self.cli.files().items() if "/agents/" in name}

    def add(self, title: str = "Look at it", *flags: str, by: str = "tex") -> str:
        """Give tex-agent a task; its id."""
        return str(self.data("add", "tex-agent", title, *flags, by=by)["id"])

    def claim(self, *flags: str) -> Any:
        """Claim as the agent; there must be something."""
        data = self.data("claim", *flags, by="tex-agent")
        assert data["claimed"], data
        return data

    def show(self, id: str) -> Any:
        """A task as it is now."""
        return self.data("show", id)

    def mail(self, actor: str) -> list[dict[str, Any]]:
        """What is unread of somebody."""
        return list(self.cli.data("inbox", "--limit", "0", "--as", actor)["messages"])

    def ledger(self) -> list[str]:
        """The events of all ledgers."""
        files = sorted((self.space / "org/messaging/ledger").glob("*.org"))
        lines = [line for file in files for line in file.read_text().splitlines()]
        return [line.split("|")[2].strip() for line in lines if line.startswith("| 2")]

    def kept(self) -> list[bytes]:
        """What lies in quarantine."""
        places = sorted((self.space / ".orgpost/quarantine").glob("*/bytes"))
        return [place.read_bytes() for place in places]

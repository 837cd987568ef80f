"""Machine output of `task`: each document, compared whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.cli.office import Office

ID: Final = "task-20261120-083105-0000000001"
TASK: Final[dict[str, Any]] = {
    "id": ID,
    "agent": "tex-agent",
    "state": "QUEUED",
    "from": "crt",
    "title": "Summarise it",
    "body": "The body.",
    "created": "2026-11-20T08:31:05Z",
    "priority": "high",
    "tags": ["ops"],
    "trust_tier": "team",
    "approval": "auto_accepted",
    "awaiting": None,
    "effort": 3,
    "estimated_tokens": 12000,
    "estimated_cost": "$0.18",
    "attempt": 0,
    "max_attempts": 3,
    "lease_until": None,
    "token": 0,
    "holder": None,
    "expired": False,
    "started": None,
    "not_before": None,
    "scheduled": None,
    "deadline": None,
    "closed": None,
    "depends_on": [],
    "blocked_by": [],
    "ready": True,
    "task_type": None,
    "payload": None,
    "parent": None,
    "via": [],
    "content_hash": "78f6b2e4f6d7ba63",
    "thread": ID,
    "expects": "result",
    "timeout_seconds": None,
    "accept": None,
    "returns": 0,
    "source_id": None,
    "tokens_used": None,
    "cost": None,
    "result_path": None,
    "result_sha256": None,
    "quality_score": None,
    "result": None,
    "feedback": [],
    "errors": [],
    "rejection_reason": None,
    "cancellation_reason": None,
    "cancel_requested": None,
    "stored": "file",
    "outcome": None,
    "trace_context": {},
    "revision": 0,
    "archived": False,
    "properties": {},
}
VERDICT: Final = {
    "allowed": True,
    "code": "",
    "reason": "",
    "retry_after_seconds": None,
    "tier": "team",
    "auto_accept": True,
    "priority_boost": 1.5,
    "charged_to": "crt",
    "reserved_tokens": 12000,
    "not_before": None,
    "awaiting": None,
    "task_id": ID,
}
HELD: Final[dict[str, Any]] = {
    **TASK,
    "state": "WORKING",
    "attempt": 1,
    "token": 1,
    "holder": "me@here:1",
    "lease_until": "2026-11-20T08:46:05Z",
    "started": "2026-11-20T08:31:05Z",
    "ready": False,
}
FREE: Final = {"lease_until": None, "holder": None}


def write(office: Office) -> Any:
    """Add the task."""
    flags = ["--effort", "3", "--tokens", "12000", "--priority", "high", "--tag", "ops"]
    return office.data("add", "tex-agent", "Summarise it", "The body.", *flags, by="crt")


def hold(office: Office) -> Any:
    """Claim it."""
    return office.data("claim", "--holder", "me@here:1", by="tex-agent")


def test_add(office: Office) -> None:
    """A task, what the governor said, and what to look out for."""
    added = write(office)
    content_hash = added["content_hash"]
    assert len(content_hash) == 16
    told = {"duplicate": False, "verdict": VERDICT, "warnings": []}
    # That a task is ready is known to whoever has read the others.
    assert added == {**TASK, "ready": False, "content_hash": content_hash, **told}


def test_list_and_show(office: Office) -> None:
    """The same task; with `show` where it stands."""
    known = {**TASK, "content_hash": write(office)["content_hash"]}
    told = {"agent": "tex-agent", "left_out": 0, "by_state": {"QUEUED": 1}}
    assert office.data("list") == {**told, "tasks": [known]}
    where = {"file": "org/messaging/agents/tex-agent.org", "line": 6}
    more = {"where": where, "tier": "team", "verified": "local", "body_is": "data"}
    assert office.show(ID) == {**known, **more}


def test_claim_and_renew(office: Office) -> None:
    """The task with its token; nothing more is an answer too."""
    held = {**HELD, "content_hash": write(office)["content_hash"]}
    until = {"token": 1, "lease_until": "2026-11-20T08:46:05Z"}
    assert hold(office) == {"claimed": True, "task": held, **until, "more": []}
    assert office.data("renew", ID, by="tex-agent") == {**held, **until}
    nothing = {"claimed": False, "drained": False, "blocked": 0, "stuck": 0}
    assert office.data("claim", by="tex-agent") == nothing


def test_release_fail_and_complete(office: Office) -> None:
    """The task as it is then."""
    held = {**HELD, "content_hash": write(office)["content_hash"]}
    hold(office)
    released = {**held, **FREE, "state": "QUEUED", "attempt": 0, "returns": 1}
    assert office.data("release", ID, by="tex-agent") == released
    hold(office)
    rests = {"not_before": "2026-11-20T08:31:10Z", "errors": ["no"]}
    failed = {**released, "attempt": 1, "token": 2, **rests}
    assert office.data("fail", ID, "--token", "2", "--error", "no", by="tex-agent") == failed


def test_complete(office: Office) -> None:
    """With what came of it."""
    held = {**HELD, "content_hash": write(office)["content_hash"]}
    hold(office)
    end = {"state": "DONE", "closed": "2026-11-20T08:31:00Z", "result": "ok", "tokens_used": 9}
    done = office.data("complete", ID, "--result", "ok", "--tokens", "9", by="tex-agent")
    assert done == {**held, **FREE, **end, "cost": "$0.00"}


def test_decisions(office: Office) -> None:
    """A list of tasks, whatever was decided."""
    known = {**TASK, "content_hash": write(office)["content_hash"], "ready": False}
    end = {"state": "CANCELLED", "closed": "2026-11-20T08:31:00Z", "cancellation_reason": "no"}
    cancelled = office.data("cancel", ID, "--reason", "no", by="crt")
    assert cancelled == {"tasks": [{**known, **end}]}
    assert office.data("retry", ID, by="crt") == {"tasks": [known]}


def test_archive_and_counts(office: Office) -> None:
    """Ids and files; the numbers of each state."""
    write(office)
    office.data("cancel", ID)
    names = ["waiting", "queued", "working", "done", "failed", "dead", "rejected", "cancelled"]
    names += ["archived", "other"]
    counts = {**dict.fromkeys(names, 0), "cancelled": 1, "total": 1, "ready": 0, "blocked": 0}
    assert office.data("counts") == counts
    files = ["org/messaging/archive/agents-tex-agent-2026-11.org"]
    gone = {"archived": [ID], "files": files, "left": 0, "dry_run": False}
    assert office.data("archive", ID) == gone


def test_a_digest_counts_the_tasks_of_my_agents(office: Office) -> None:
    """All of them, in the same words; who has no agent is told of none."""
    write(office)
    office.add(by="mira")
    digest = office.cli.data("digest")
    assert digest["tasks"] == office.data("counts")
    assert digest["awaiting_approval"] == 1
    assert office.cli.data("digest", "--as", "tex-agent")["tasks"]["queued"] == 1
    assert office.cli.data("digest", "--as", "mira")["tasks"] is None
    said = office.cli("digest", "--format", "org").out.splitlines()
    assert said[-2:] == ["- tasks: 1 ready", "- 1 waiting: orgpost task list --awaiting"]


def test_an_agent_with_open_tasks_stays(office: Office) -> None:
    """Unless somebody insists; the tasks stay in their file."""
    write(office)
    answer = office.cli("contacts", "remove", "tex-agent", "--json")
    assert (answer.status, answer.code) == (4, "in_use")
    assert "1 open tasks" in answer.document["error"]["message"]
    assert office.cli.data("contacts", "remove", "tex-agent", "--force")
    assert len(office.entries()) == 1


def test_graph(office: Office) -> None:
    """Nodes, who waits for whom, an order, circles and what nobody knows."""
    office.data("add", "tex-agent", "a", "--id", "task-aa", "--depends-on", "task-bb")
    office.data("add", "tex-agent", "b", "--id", "task-bb", "--depends-on", "task-none")
    assert office.data("graph") == {
        "nodes": [
            {"id": "task-aa", "title": "a", "state": "QUEUED"},
            {"id": "task-bb", "title": "b", "state": "QUEUED"},
        ],
        "edges": [{"from": "task-aa", "to": "task-bb"}, {"from": "task-bb", "to": "task-none"}],
        "order": ["task-bb", "task-aa"],
        "cycles": [],
        "missing": ["task-none"],
    }


def test_a_circle_made_by_hand_is_in_the_graph(office: Office) -> None:
    """Its members are in no order, nor is what waits for them."""
    for name, other in (("aa", "bb"), ("bb", "none"), ("cc", "aa")):
        office.data(
            "add", "tex-agent", name, "--id", f"task-{name}", "--depends-on", f"task-{other}"
        )
    path = office.space / "org/messaging/agents/tex-agent.org"
    path.write_text(path.read_text().replace("task-none", "task-aa"))
    graph = office.data("graph")
    assert (graph["order"], graph["cycles"]) == ([], [["task-aa", "task-bb"]])
    nothing = {"claimed": False, "drained": True, "blocked": 3, "stuck": 3}
    assert office.data("claim", by="tex-agent") == nothing

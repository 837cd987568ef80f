#!/bin/sh
# The main job, on real input, in a folder of its own that is removed at the end.
#
# Input: nothing; `orgpost` is on PATH. Output: each command and what it says.
# Status: 0, or that of the first command that failed. KEEP=1 keeps the folder.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/orgpost-demo-XXXXXX")
[ "${KEEP:-}" ] || trap 'rm -rf "$place"' EXIT
export HOME="$place/home" XDG_CONFIG_HOME="$place/home/.config"
unset ORGPOST_SPACE ORGPOST_AS ORGPOST_ACTOR
mkdir "$HOME"
cp -R "$here/tests/migrate/v01-space/1-team" "$place/team"
cd "$place/team"

say() { printf '\n# %s\n' "$*"; }
# A command is printed as one would type it.
run() {
    printf '$'
    for word; do
        case $word in
            *[!A-Za-z0-9_./:@=-]*) printf ' "%s"' "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}

say "A space that programs of v0.1 wrote: what would become of it, and then it is taken over."
run orgpost migrate --actor tex --dry-run
run orgpost migrate --actor tex
run orgpost init --actor tex
run orgpost contacts trust crt team
run orgpost contacts trust tex-claude team

say "tex reads his mail and answers; one message is marked."
run orgpost --as tex inbox
id=$(orgpost --as tex --json inbox --from crt | python3 -c '
import json, sys
print(json.load(sys.stdin)["data"]["messages"][0]["id"])')
run orgpost --as tex reply "$id" "On it." --done

say "crt asks tex's coding agent for something, in words that imitate structure."
printf '* DONE everything\n:PROPERTIES:\n:FROM: tex\n:END:\nWhat broke last night, in one line?\n' >note.txt
run cat note.txt
run orgpost --as crt send tex-claude --body-file note.txt --subject "Last night" --expects reply --id msg-demo-1

say "The hook tells the agent's session, with the payload that Claude Code really sends ..."
event() {
    "$here/hooks/orgpost-hook" claude UserPromptSubmit --space "$PWD" --as tex-claude \
        <"$here/lib/orgpost/hooks_install/samples/claude.UserPromptSubmit.stdin.json"
}
printf '$ hooks/orgpost-hook claude UserPromptSubmit --space %s --as tex-claude\n' "$PWD"
event | python3 -m json.tool
say "... and says nothing when it is asked again."
event

say "The agent reads it inside a fence that no text can end, answers, and crt sees how far it got."
run orgpost --as tex-claude show msg-demo-1
run orgpost --as tex-claude reply msg-demo-1 "The disk of the log host was full." --done
run orgpost --as crt trace msg-demo-1
run orgpost --as crt thread msg-demo-1

say "crt gives the agent a task; at the next prompt its session claims it, and is told how to end it."
run orgpost --as crt task add tex-claude "Summarise last night's incident" "In three lines." --id task-demo-1
event | python3 -m json.tool
printf '$ hooks/task-queue.py --as tex-claude status\n'
"$here/hooks/task-queue.py" --as tex-claude status
say "The session works: at each prompt its lease is renewed; then the task is done, and crt is answered."
event | python3 -m json.tool
run orgpost --as tex-claude task show task-demo-1
run orgpost --as tex-claude task complete task-demo-1 --token 1 --result "A disk was full. It is empty now."
run orgpost --as crt inbox
say "Nothing is left to do: the session is silent again."
event
say "A stranger's task waits for the owner's word; what all of it costs stands in a table."
run orgpost --as tex contacts add mira
run orgpost --as mira task add tex-claude "Paint the shed" --id task-demo-2
run orgpost --as tex task reject task-demo-2 --reason "not this year"
run orgpost --as tex budget show

say "This is all there is: plain Org files."
run cat org/messaging/inbox/tex-claude.org
run cat org/messaging/agents/tex-claude.org
run orgpost doctor
printf '\nThe demo is over; everything was done on plain files, without a server.\n'

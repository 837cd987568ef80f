"""Completion for shells, generated from the parsers of all commands.

One table says what may stand at each place of a command line: words, or a kind of words that
`orgpost config completion --list` finds. Each shell's script is that table in its own language,
with the few lines around it that walk the words. `templates/completion/` holds what this makes.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.candidates import KINDS
from orgpost.cli.words import HOMES, parser_of
from orgpost.message import EXPECTATIONS, PRIORITIES
from orgpost.states import MessageState, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHELLS: Final = ("bash", "zsh", "fish")
_EVERYWHERE: Final = ("--space", "--as", "--json", "--help")
_STATES: Final = "read unread todo done clear"
_OF_METAVARS: Final[Mapping[str, str]] = {
    "ACTOR": "@actors",
    "A,B": "@actors",
    "TO": "@actors",
    "AGENT": "@agents",
    "DIR": "@files",
    "F": "@files",
    "FILE": "@files",
    "PATH": "@files",
    "P": "@files",
}
_OF_FLAGS: Final[Mapping[str, str]] = {
    "--priority": " ".join(PRIORITIES),
    "--expects": " ".join(EXPECTATIONS),
    "--parent": "@tasks @messages",
    "--via": "@messages @tasks",
    "--list": " ".join(KINDS),
}
_NOTHING: Final = "@nothing"


def script(shell: str) -> str:
    """Give the script of a shell."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](table())


def table() -> dict[str, str]:
    """Say what may stand where: ``COMMAND/PLACE`` to words and kinds of words."""
    found = {"/0": " ".join([*HOMES, "help", "hook"]), "/flags": " ".join(_EVERYWHERE)}
    found["help/0"] = " ".join(HOMES)
    for command in HOMES:
        found |= dict(_of(command, parser_of(command)))
    return found


def _of(key: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    flags, place = list(_EVERYWHERE), 0
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  as above
            yield f"{key}/0", " ".join(action.choices)
            for name, below in action.choices.items():
                yield from _of(f"{key} {name}", below)
        elif action.dest == "help":
            continue
        elif not action.option_strings:
            words = _words(key, action)
            yield f"{key}/{place}", words
            if action.nargs in {"+", "*"}:
                yield f"{key}/more", words
            place += 1
        else:
            flag = action.option_strings[0]
            flags.append(flag)
            if action.nargs != 0:
                yield f"{key}/{flag}", _words(key, action)
    yield f"{key}/flags", " ".join(flags)


def _words(key: str, action: argparse.Action) -> str:
    if action.choices:
        return " ".join(map(str, action.choices))
    flag = next(iter(action.option_strings), "")
    return _OF_FLAGS.get(flag) or _of_metavar(key, str(action.metavar))


def _of_metavar(key: str, metavar: str) -> str:
    command = key.partition(" ")[0]
    if metavar.startswith("ID"):
        last = " last" if "last" in metavar else f" {_STATES}" if "STATE" in metavar else ""
        kinds: dict[str, str] = {"task": "@tasks", "contacts": "@actors"}
        return _NOTHING if key == "contacts add" else kinds.get(command, "@messages") + last
    if metavar == "S":
        states: Any = TaskState if command == "task" else MessageState
        return " ".join(states)
    if metavar == "KEY":
        from orgpost.config.table import KEYS

        return " ".join(key.name for key in KEYS)
    return _OF_METAVARS.get(metavar, _NOTHING)


# --- scripts ----------------------------------------------------------------------------------

_HEAD: Final = "# Completion of orgpost for {}, made by `orgpost config completion {}`.\n"
_SHARED: Final = """
# found = what may stand at a place: _orgpost_at COMMAND PLACE
_orgpost_at() {
  found=
  case "$1/$2" in
%s
    */--space) found='@files' ;;
    */--as) found='@actors' ;;
  esac
}

# key, place, want, where = what the words before this one say
_orgpost_walk() {
  local word
  for word in "$@"; do
    if [ -n "$want" ]; then
      [ "$word" = '=' ] && continue
      case $want in --space | --as) where+=("$want" "$word") ;; esac
      want=
      continue
    fi
    case $word in
      --space=* | --as=*) where+=("$word") ;;
      -*)
        _orgpost_at "$key" "$word"
        [ -n "$found" ] && want=$word
        ;;
      *)
        _orgpost_at "$key $word" flags
        if [ -z "$key" ]; then key=$word
        elif [ "$place" = 0 ] && [ -n "$found" ]; then key="$key $word"
        else place=$((place + 1))
        fi
        ;;
    esac
  done
}

# found = what may stand here: _orgpost_here CURRENT-WORD
_orgpost_here() {
  if [ -n "$want" ]; then
    _orgpost_at "$key" "$want"
    return
  fi
  case $1 in
    -*) _orgpost_at "$key" flags ;;
    *)
      _orgpost_at "$key" "$place"
      [ -n "$found" ] || _orgpost_at "$key" more
      ;;
  esac
}
"""
_BASH: Final = """
_orgpost() {
  local cur=${COMP_WORDS[COMP_CWORD]} found= key= place=0 want= word line
  local -a where=()
  COMPREPLY=()
  _orgpost_walk "${COMP_WORDS[@]:1:COMP_CWORD-1}"
  [ "$cur" = '=' ] && cur=
  _orgpost_here "$cur"
  for word in $found; do
    case $word in
      @files)
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
        ;;
      @nothing) ;;
      @*)
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
          command orgpost config completion --list "${word#@}" --prefix "$cur" \\
            ${where[@]+"${where[@]}"} 2>/dev/null
        )
        ;;
      "$cur"*) COMPREPLY+=("$word") ;;
    esac
  done
}
complete -F _orgpost orgpost
"""
_ZSH: Final = """
_orgpost() {
  local cur=${words[CURRENT]} found= key= place=0 want= word
  local -a where=() lines=()
  _orgpost_walk "${(@)words[2,CURRENT-1]}"
  _orgpost_here "$cur"
  for word in ${=found}; do
    case $word in
      @files) _files ;;
      @nothing) ;;
      @*)
        lines=(${(f)"$(
          command orgpost config completion --list "${word#@}" --prefix "$cur" \\
            "${where[@]}" 2>/dev/null
        )"})
        compadd -- "${lines[@]}"
        ;;
      *) compadd -- "$word" ;;
    esac
  done
}
if [ "$funcstack[1]" = _orgpost ]; then _orgpost "$@"; else compdef _orgpost orgpost; fi
"""
_FISH: Final = """
# what may stand at a place: __orgpost_at COMMAND PLACE
function __orgpost_at
    switch "$argv[1]/$argv[2]"
%s
        case '*/--space'
            echo @files
        case '*/--as'
            echo @actors
    end
end

function __orgpost_complete
    set -l cur (commandline -ct)
    set -l key ''
    set -l place 0
    set -l want ''
    set -l where
    for word in (commandline -opc)[2..-1]
        if test -n "$want"
            contains -- $want --space --as; and set where $where $want $word
            set want ''
            continue
        end
        switch $word
            case '--space=*' '--as=*'
                set where $where $word
            case '-*'
                test -n "$(__orgpost_at "$key" $word)"; and set want $word
            case '*'
                if test -z "$key"
                    set key $word
                else if test $place = 0; and test -n "$(__orgpost_at "$key $word" flags)"
                    set key "$key $word"
                else
                    set place (math $place + 1)
                end
        end
    end
    set -l found
    if test -n "$want"
        set found (__orgpost_at "$key" $want)
    else if string match -q -- '-*' "$cur"
        set found (__orgpost_at "$key" flags)
    else
        set found (__orgpost_at "$key" $place)
        test -n "$found"; or set found (__orgpost_at "$key" more)
    end
    for word in (string split -n ' ' -- "$found")
        switch $word
            case @files
                __fish_complete_path "$cur"
            case @nothing
            case '@*'
                set -l kind (string sub -s 2 -- $word)
                command orgpost config completion --list $kind --prefix "$cur" $where 2>/dev/null
            case '*'
                echo $word
        end
    end
end
complete -c orgpost -f -a '(__orgpost_complete)'
"""


def _bash(found: Mapping[str, str]) -> str:
    return _HEAD.format("bash", "bash") + _SHARED % _cases(found) + _BASH


def _zsh(found: Mapping[str, str]) -> str:
    return "#compdef orgpost\n" + _HEAD.format("zsh", "zsh") + _SHARED % _cases(found) + _ZSH


def _fish(found: Mapping[str, str]) -> str:
    cases = "\n".join(
        f"        case '{place}'\n            echo '{words}'" for place, words in found.items()
    )
    return _HEAD.format("fish", "fish") + _FISH % cases


def _cases(found: Mapping[str, str]) -> str:
    return "\n".join(f"    '{place}') found='{words}' ;;" for place, words in found.items())

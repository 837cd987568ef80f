# Completion of orgpost for bash, made by `orgpost config completion bash`.

# found = what may stand at a place: _orgpost_at COMMAND PLACE
_orgpost_at() {
  found=
  case "$1/$2" in
    '/0') found='init send inbox show reply mark archive thread search broadcast digest trace task contacts budget migrate doctor config mcp hooks relay wait listen ui presence help hook' ;;
    '/flags') found='--space --as --json --help' ;;
    'help/0') found='init send inbox show reply mark archive thread search broadcast digest trace task contacts budget migrate doctor config mcp hooks relay wait listen ui presence' ;;
    'init/0') found='@files' ;;
    'init/--actor') found='@nothing' ;;
    'init/--name') found='@nothing' ;;
    'init/--handle') found='@nothing' ;;
    'init/flags') found='--space --as --json --help --actor --name --handle --git' ;;
    'send/0') found='@actors' ;;
    'send/1') found='@nothing' ;;
    'send/--body-file') found='@files' ;;
    'send/--subject') found='@nothing' ;;
    'send/--priority') found='high normal low' ;;
    'send/--tag') found='@nothing' ;;
    'send/--id') found='@nothing' ;;
    'send/--expires') found='@nothing' ;;
    'send/--expects') found='none ack reply result' ;;
    'send/--attach') found='@files' ;;
    'send/--cc') found='@actors' ;;
    'send/--prop') found='@nothing' ;;
    'send/--route') found='@nothing' ;;
    'send/--answer-route') found='@nothing' ;;
    'send/--via') found='@messages @tasks' ;;
    'send/--reply-to') found='@messages' ;;
    'send/flags') found='--space --as --json --help --body-file --subject --priority --tag --id --expires --expects --attach --cc --prop --route --answer-route --via --reply-to' ;;
    'inbox/--state') found='UNREAD READ TODO DONE ARCHIVED' ;;
    'inbox/--from') found='@actors' ;;
    'inbox/--tag') found='@nothing' ;;
    'inbox/--priority') found='high normal low' ;;
    'inbox/--since') found='@nothing' ;;
    'inbox/--limit') found='@nothing' ;;
    'inbox/flags') found='--space --as --json --help --all --state --from --tag --priority --since --files --stale --oldest --all-spaces --limit' ;;
    'show/0') found='@messages' ;;
    'show/--save') found='@files' ;;
    'show/flags') found='--space --as --json --help --read --raw --body --full --save --force' ;;
    'reply/0') found='@messages last' ;;
    'reply/1') found='@nothing' ;;
    'reply/--body-file') found='@files' ;;
    'reply/--subject') found='@nothing' ;;
    'reply/--priority') found='high normal low' ;;
    'reply/--tag') found='@nothing' ;;
    'reply/--id') found='@nothing' ;;
    'reply/--expires') found='@nothing' ;;
    'reply/--expects') found='none ack reply result' ;;
    'reply/--attach') found='@files' ;;
    'reply/--cc') found='@actors' ;;
    'reply/--prop') found='@nothing' ;;
    'reply/--route') found='@nothing' ;;
    'reply/--answer-route') found='@nothing' ;;
    'reply/--via') found='@messages @tasks' ;;
    'reply/--to') found='@actors' ;;
    'reply/flags') found='--space --as --json --help --body-file --subject --priority --tag --id --expires --expects --attach --cc --prop --route --answer-route --via --to --done --no-answer-route' ;;
    'mark/0') found='@messages read unread todo done clear' ;;
    'mark/more') found='@messages read unread todo done clear' ;;
    'mark/flags') found='--space --as --json --help --all' ;;
    'archive/0') found='@messages' ;;
    'archive/more') found='@messages' ;;
    'archive/--older-than') found='@nothing' ;;
    'archive/flags') found='--space --as --json --help --auto --older-than --dry-run' ;;
    'thread/0') found='@messages' ;;
    'thread/flags') found='--space --as --json --help' ;;
    'search/0') found='@nothing' ;;
    'search/more') found='@nothing' ;;
    'search/--from') found='@actors' ;;
    'search/--to') found='@actors' ;;
    'search/--tag') found='@nothing' ;;
    'search/--state') found='UNREAD READ TODO DONE ARCHIVED' ;;
    'search/--since') found='@nothing' ;;
    'search/--until') found='@nothing' ;;
    'search/--in') found='@nothing' ;;
    'search/--limit') found='@nothing' ;;
    'search/flags') found='--space --as --json --help --regex --from --to --tag --state --since --until --in --limit' ;;
    'broadcast/0') found='@nothing' ;;
    'broadcast/--body-file') found='@files' ;;
    'broadcast/--subject') found='@nothing' ;;
    'broadcast/--priority') found='high normal low' ;;
    'broadcast/--tag') found='@nothing' ;;
    'broadcast/--id') found='@nothing' ;;
    'broadcast/--expires') found='@nothing' ;;
    'broadcast/--exclude') found='@actors' ;;
    'broadcast/--kind') found='person agent all' ;;
    'broadcast/flags') found='--space --as --json --help --body-file --subject --priority --tag --id --expires --exclude --kind' ;;
    'digest/--since') found='@nothing' ;;
    'digest/--format') found='text org md' ;;
    'digest/flags') found='--space --as --json --help --today --since --all-spaces --format' ;;
    'trace/0') found='@messages' ;;
    'trace/flags') found='--space --as --json --help' ;;
    'task/0') found='add list show approve reject cancel claim renew release complete fail retry revise archive counts graph' ;;
    'task add/0') found='@agents' ;;
    'task add/1') found='@nothing' ;;
    'task add/2') found='@nothing' ;;
    'task add/--body-file') found='@files' ;;
    'task add/--effort') found='@nothing' ;;
    'task add/--tokens') found='@nothing' ;;
    'task add/--priority') found='high normal low' ;;
    'task add/--tag') found='@nothing' ;;
    'task add/--depends-on') found='@tasks' ;;
    'task add/--scheduled') found='@nothing' ;;
    'task add/--deadline') found='@nothing' ;;
    'task add/--type') found='@nothing' ;;
    'task add/--payload') found='@nothing' ;;
    'task add/--max-attempts') found='@nothing' ;;
    'task add/--timeout') found='@nothing' ;;
    'task add/--accept') found='@nothing' ;;
    'task add/--expects') found='none ack reply result' ;;
    'task add/--id') found='@nothing' ;;
    'task add/--parent') found='@tasks @messages' ;;
    'task add/flags') found='--space --as --json --help --body-file --effort --tokens --priority --tag --depends-on --scheduled --deadline --type --payload --max-attempts --timeout --accept --expects --id --parent' ;;
    'task list/0') found='@agents' ;;
    'task list/--state') found='WAITING QUEUED WORKING DONE FAILED DEAD REJECTED CANCELLED ARCHIVED' ;;
    'task list/--from') found='@actors' ;;
    'task list/--each') found='@nothing' ;;
    'task list/--limit') found='@nothing' ;;
    'task list/flags') found='--space --as --json --help --state --from --ready --blocked --awaiting --planned --mine --all --each --limit' ;;
    'task show/0') found='@tasks' ;;
    'task show/flags') found='--space --as --json --help --raw --body --full' ;;
    'task approve/0') found='@tasks' ;;
    'task approve/more') found='@tasks' ;;
    'task approve/flags') found='--space --as --json --help --quiet' ;;
    'task reject/0') found='@tasks' ;;
    'task reject/more') found='@tasks' ;;
    'task reject/--reason') found='@nothing' ;;
    'task reject/flags') found='--space --as --json --help --quiet --reason' ;;
    'task cancel/0') found='@tasks' ;;
    'task cancel/more') found='@tasks' ;;
    'task cancel/--reason') found='@nothing' ;;
    'task cancel/flags') found='--space --as --json --help --quiet --reason --now' ;;
    'task claim/0') found='@agents' ;;
    'task claim/--lease-seconds') found='@nothing' ;;
    'task claim/--holder') found='@nothing' ;;
    'task claim/--limit') found='@nothing' ;;
    'task claim/--id') found='@tasks' ;;
    'task claim/flags') found='--space --as --json --help --lease-seconds --holder --limit --id' ;;
    'task renew/0') found='@tasks' ;;
    'task renew/--token') found='@nothing' ;;
    'task renew/--lease-seconds') found='@nothing' ;;
    'task renew/--tokens') found='@nothing' ;;
    'task renew/flags') found='--space --as --json --help --token --lease-seconds --tokens' ;;
    'task release/0') found='@tasks' ;;
    'task release/--token') found='@nothing' ;;
    'task release/--reason') found='@nothing' ;;
    'task release/flags') found='--space --as --json --help --token --reason' ;;
    'task complete/0') found='@tasks' ;;
    'task complete/--token') found='@nothing' ;;
    'task complete/--result') found='@nothing' ;;
    'task complete/--tokens') found='@nothing' ;;
    'task complete/--result-path') found='@files' ;;
    'task complete/--quality') found='@nothing' ;;
    'task complete/flags') found='--space --as --json --help --token --result --tokens --result-path --quality --quiet' ;;
    'task fail/0') found='@tasks' ;;
    'task fail/--token') found='@nothing' ;;
    'task fail/--error') found='@nothing' ;;
    'task fail/--tokens') found='@nothing' ;;
    'task fail/flags') found='--space --as --json --help --token --error --tokens --final --quiet' ;;
    'task retry/0') found='@tasks' ;;
    'task retry/more') found='@tasks' ;;
    'task retry/flags') found='--space --as --json --help --quiet' ;;
    'task revise/0') found='@tasks' ;;
    'task revise/--feedback') found='@nothing' ;;
    'task revise/flags') found='--space --as --json --help --quiet --feedback' ;;
    'task archive/0') found='@tasks' ;;
    'task archive/more') found='@tasks' ;;
    'task archive/--older-than') found='@nothing' ;;
    'task archive/flags') found='--space --as --json --help --auto --older-than --dry-run' ;;
    'task counts/0') found='@agents' ;;
    'task counts/flags') found='--space --as --json --help' ;;
    'task graph/0') found='@agents' ;;
    'task graph/flags') found='--space --as --json --help --dot' ;;
    'task/flags') found='--space --as --json --help' ;;
    'contacts/0') found='list show add remove trust' ;;
    'contacts list/--kind') found='person agent helper' ;;
    'contacts list/--tier') found='owner team trusted unknown' ;;
    'contacts list/flags') found='--space --as --json --help --kind --tier' ;;
    'contacts show/0') found='@actors' ;;
    'contacts show/flags') found='--space --as --json --help' ;;
    'contacts add/0') found='@nothing' ;;
    'contacts add/--name') found='@nothing' ;;
    'contacts add/--kind') found='person agent helper' ;;
    'contacts add/--owner') found='@actors' ;;
    'contacts add/--tier') found='owner team trusted unknown' ;;
    'contacts add/--handle') found='@nothing' ;;
    'contacts add/flags') found='--space --as --json --help --name --kind --owner --tier --handle' ;;
    'contacts remove/0') found='@actors' ;;
    'contacts remove/flags') found='--space --as --json --help --force' ;;
    'contacts trust/0') found='@actors' ;;
    'contacts trust/1') found='owner team trusted unknown' ;;
    'contacts trust/flags') found='--space --as --json --help' ;;
    'contacts/flags') found='--space --as --json --help' ;;
    'budget/0') found='show check' ;;
    'budget show/0') found='@actors' ;;
    'budget show/--day') found='@nothing' ;;
    'budget show/flags') found='--space --as --json --help --day' ;;
    'budget check/0') found='@actors' ;;
    'budget check/--tokens') found='@nothing' ;;
    'budget check/--effort') found='@nothing' ;;
    'budget check/--agent') found='@agents' ;;
    'budget check/flags') found='--space --as --json --help --tokens --effort --agent' ;;
    'budget/flags') found='--space --as --json --help' ;;
    'migrate/0') found='@files' ;;
    'migrate/--actor') found='@nothing' ;;
    'migrate/--from') found='@nothing' ;;
    'migrate/--agent-mail') found='@nothing' ;;
    'migrate/flags') found='--space --as --json --help --actor --from --agent-mail --keep-old --dry-run' ;;
    'doctor/0') found='@files' ;;
    'doctor/more') found='@files' ;;
    'doctor/--restore') found='@nothing' ;;
    'doctor/flags') found='--space --as --json --help --fix --deep --dry-run --restore --prune' ;;
    'config/0') found='show get set check path completion' ;;
    'config show/flags') found='--space --as --json --help --origin' ;;
    'config get/0') found='identity.name identity.handles messaging.default_space messaging.spaces messaging.show_in_today messaging.auto_mark_read messaging.agent_handles messaging.stale_after_hours messaging.archive_after_days messaging.archive_keep messaging.route_timeout_seconds messaging.limits.max_body_bytes messaging.limits.max_file_bytes messaging.limits.messages_per_minute messaging.limits.thread_replies_per_10_minutes messaging.limits.max_hops messaging.attach_roots messaging.trust_overrides messaging.whitelists messaging.trust_tiers.owner.priority_boost messaging.trust_tiers.owner.daily_token_limit messaging.trust_tiers.owner.max_task_effort messaging.trust_tiers.owner.auto_accept messaging.trust_tiers.team.priority_boost messaging.trust_tiers.team.daily_token_limit messaging.trust_tiers.team.max_task_effort messaging.trust_tiers.team.auto_accept messaging.trust_tiers.trusted.priority_boost messaging.trust_tiers.trusted.daily_token_limit messaging.trust_tiers.trusted.max_task_effort messaging.trust_tiers.trusted.auto_accept messaging.trust_tiers.unknown.priority_boost messaging.trust_tiers.unknown.daily_token_limit messaging.trust_tiers.unknown.max_task_effort messaging.trust_tiers.unknown.auto_accept messaging.compute.daily_budget_tokens messaging.compute.per_sender_daily_max messaging.compute.per_task_max_tokens messaging.compute.per_task_timeout_minutes messaging.compute.cooldown_between_tasks messaging.compute.max_queue_depth messaging.compute.rate_limits.tasks_per_hour messaging.compute.default_task_tokens messaging.compute.price_per_1000_tokens messaging.compute.over_global_budget messaging.refusal_memory_days messaging.tasks.lease_seconds messaging.tasks.max_attempts messaging.relay.bind messaging.relay.port messaging.relay.board messaging.relay.tls_cert messaging.relay.tls_key messaging.relay.behind_proxy messaging.relay.watch messaging.relay.max_connections messaging.relay.max_per_actor messaging.relay.rate messaging.relay.burst messaging.relay.heartbeat messaging.relay.log_format messaging.relay.audience messaging.relay.origins messaging.relay.public_url messaging.relay.secret messaging.relay.legacy messaging.relay.history messaging.relay.url messaging.relay.auth_backoff_seconds messaging.relay.debounce_ms notify.ntfy_url notify.ntfy_token_file store.sync store.lock_seconds store.slack_bytes store.quarantine_days hooks.actor hooks.claim hooks.digest_chars hooks.mid_turn hooks.keep_going hooks.keep_going_cap hooks.wake hooks.wake_per_hour hooks.wake_cooldown_seconds' ;;
    'config get/flags') found='--space --as --json --help' ;;
    'config set/0') found='identity.name identity.handles messaging.default_space messaging.spaces messaging.show_in_today messaging.auto_mark_read messaging.agent_handles messaging.stale_after_hours messaging.archive_after_days messaging.archive_keep messaging.route_timeout_seconds messaging.limits.max_body_bytes messaging.limits.max_file_bytes messaging.limits.messages_per_minute messaging.limits.thread_replies_per_10_minutes messaging.limits.max_hops messaging.attach_roots messaging.trust_overrides messaging.whitelists messaging.trust_tiers.owner.priority_boost messaging.trust_tiers.owner.daily_token_limit messaging.trust_tiers.owner.max_task_effort messaging.trust_tiers.owner.auto_accept messaging.trust_tiers.team.priority_boost messaging.trust_tiers.team.daily_token_limit messaging.trust_tiers.team.max_task_effort messaging.trust_tiers.team.auto_accept messaging.trust_tiers.trusted.priority_boost messaging.trust_tiers.trusted.daily_token_limit messaging.trust_tiers.trusted.max_task_effort messaging.trust_tiers.trusted.auto_accept messaging.trust_tiers.unknown.priority_boost messaging.trust_tiers.unknown.daily_token_limit messaging.trust_tiers.unknown.max_task_effort messaging.trust_tiers.unknown.auto_accept messaging.compute.daily_budget_tokens messaging.compute.per_sender_daily_max messaging.compute.per_task_max_tokens messaging.compute.per_task_timeout_minutes messaging.compute.cooldown_between_tasks messaging.compute.max_queue_depth messaging.compute.rate_limits.tasks_per_hour messaging.compute.default_task_tokens messaging.compute.price_per_1000_tokens messaging.compute.over_global_budget messaging.refusal_memory_days messaging.tasks.lease_seconds messaging.tasks.max_attempts messaging.relay.bind messaging.relay.port messaging.relay.board messaging.relay.tls_cert messaging.relay.tls_key messaging.relay.behind_proxy messaging.relay.watch messaging.relay.max_connections messaging.relay.max_per_actor messaging.relay.rate messaging.relay.burst messaging.relay.heartbeat messaging.relay.log_format messaging.relay.audience messaging.relay.origins messaging.relay.public_url messaging.relay.secret messaging.relay.legacy messaging.relay.history messaging.relay.url messaging.relay.auth_backoff_seconds messaging.relay.debounce_ms notify.ntfy_url notify.ntfy_token_file store.sync store.lock_seconds store.slack_bytes store.quarantine_days hooks.actor hooks.claim hooks.digest_chars hooks.mid_turn hooks.keep_going hooks.keep_going_cap hooks.wake hooks.wake_per_hour hooks.wake_cooldown_seconds' ;;
    'config set/1') found='@nothing' ;;
    'config set/flags') found='--space --as --json --help --user' ;;
    'config check/flags') found='--space --as --json --help' ;;
    'config path/flags') found='--space --as --json --help' ;;
    'config completion/0') found='bash zsh fish' ;;
    'config completion/--list') found='actors agents messages tasks' ;;
    'config completion/--prefix') found='@files' ;;
    'config completion/flags') found='--space --as --json --help --list --prefix' ;;
    'config/flags') found='--space --as --json --help' ;;
    'mcp/flags') found='--space --as --json --help' ;;
    'hooks/0') found='install uninstall list test stats' ;;
    'hooks install/--client') found='@nothing' ;;
    'hooks install/flags') found='--space --as --json --help --client --user --project --dry-run --mid-turn --wake --mcp' ;;
    'hooks uninstall/--client') found='@nothing' ;;
    'hooks uninstall/flags') found='--space --as --json --help --client --user --project --dry-run' ;;
    'hooks list/flags') found='--space --as --json --help' ;;
    'hooks test/--client') found='@nothing' ;;
    'hooks test/flags') found='--space --as --json --help --client' ;;
    'hooks stats/--since') found='@nothing' ;;
    'hooks stats/--by') found='day client session' ;;
    'hooks stats/flags') found='--space --as --json --help --since --by' ;;
    'hooks/flags') found='--space --as --json --help' ;;
    'relay/0') found='serve token status' ;;
    'relay serve/--bind') found='@nothing' ;;
    'relay serve/--port') found='@nothing' ;;
    'relay serve/--tls-cert') found='@files' ;;
    'relay serve/--tls-key') found='@files' ;;
    'relay serve/--watch') found='auto inotify poll' ;;
    'relay serve/--max-connections') found='@nothing' ;;
    'relay serve/--max-per-actor') found='@nothing' ;;
    'relay serve/--rate') found='@nothing' ;;
    'relay serve/--burst') found='@nothing' ;;
    'relay serve/--heartbeat') found='UNREAD READ TODO DONE ARCHIVED' ;;
    'relay serve/--log-format') found='text json' ;;
    'relay serve/flags') found='--space --as --json --help --bind --port --tls-cert --tls-key --watch --max-connections --max-per-actor --rate --burst --heartbeat --log-format --board --no-board --behind-proxy' ;;
    'relay token/0') found='@actors' ;;
    'relay token/--ttl') found='@nothing' ;;
    'relay token/--scope') found='@nothing' ;;
    'relay token/flags') found='--space --as --json --help --ttl --scope --revoke' ;;
    'relay status/flags') found='--space --as --json --help' ;;
    'relay/flags') found='--space --as --json --help' ;;
    'wait/--timeout') found='@nothing' ;;
    'wait/--for') found='message task exit any' ;;
    'wait/--relay') found='@nothing' ;;
    'wait/--token-file') found='@files' ;;
    'wait/flags') found='--space --as --json --help --timeout --for --again --bodies --relay --token-file' ;;
    'listen/--since') found='now unread' ;;
    'listen/--cursor') found='@files' ;;
    'listen/--box') found='@nothing' ;;
    'listen/--max') found='@nothing' ;;
    'listen/--timeout') found='@nothing' ;;
    'listen/--relay') found='@nothing' ;;
    'listen/--token-file') found='@files' ;;
    'listen/--exec') found='@nothing' ;;
    'listen/flags') found='--space --as --json --help --since --cursor --box --marks --bodies --max --timeout --presence --relay --token-file --exec' ;;
    'ui/--port') found='@nothing' ;;
    'ui/--ttl') found='@nothing' ;;
    'ui/flags') found='--space --as --json --help --port --ttl --open' ;;
    'presence/0') found='@nothing' ;;
    'presence/--note') found='@nothing' ;;
    'presence/--for') found='@nothing' ;;
    'presence/--relay') found='@nothing' ;;
    'presence/--token-file') found='@files' ;;
    'presence/flags') found='--space --as --json --help --note --for --relay --token-file' ;;
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
          command orgpost config completion --list "${word#@}" --prefix "$cur" \
            ${where[@]+"${where[@]}"} 2>/dev/null
        )
        ;;
      "$cur"*) COMPREPLY+=("$word") ;;
    esac
  done
}
complete -F _orgpost orgpost

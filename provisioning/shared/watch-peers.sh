# shellcheck shell=bash
readonly PEERS_ENV=/etc/platform/silent-peers.env

# watched FILE: ADDRESS:PORT/PATH of each server that it names, one a line and sorted; nothing where there is no such file
watched() {
  [[ ! -f $1 ]] || sed -n 's/^WATCHED_SERVERS=//p' "$1" | tr ',' '\n' | sort
}

# wait_for_new_peers SECONDS: until those servers of the next tier answer that this host does not know yet, so that no request goes to one
# that is not ready. A host that is new itself waits only where one of them answers: otherwise this is a first deploy
wait_for_new_peers() {
  local peers new
  mapfile -t peers < <(watched "$(staged "$PEERS_ENV")")
  if [[ ! -f $PEERS_ENV ]]; then
    ! any_answers "${peers[@]}" || wait_until "$1" all_answer "${peers[@]}" || log "WARNING: not all of these answer: ${peers[*]}"
    return 0
  fi
  mapfile -t new < <(comm -23 <(printf '%s\n' "${peers[@]}") <(watched "$PEERS_ENV"))
  ((${#new[@]} > 0)) || return 0
  log "waiting for ${new[*]}"
  wait_until "$1" all_answer "${new[@]}" || die "after $1 s not all of these answer: ${new[*]}; the running configuration was left alone"
}

any_answers() {
  local peer
  for peer; do
    ! answers "$peer" || return 0
  done
  return 1
}

all_answer() {
  local peer
  for peer; do
    answers "$peer" || return 1
  done
}

answers() {
  curl --silent --fail --output /dev/null --max-time 1 "http://$1"
}

# watch_silent_peers: silent-peers.service, and which servers it asks
watch_silent_peers() {
  local program=$UPLOAD_DIR/shared/silent-peers unit=$UPLOAD_DIR/units/silent-peers.service env=$PEERS_ENV
  # What a deploy calls after servers have left
  replace_file "$UPLOAD_DIR/shared/let-go" /opt/platform/bin/let-go 0755
  already_applied "$program" "$unit" "$(staged "$env")" && systemctl --quiet is-active silent-peers && return
  replace_file "$program" /opt/platform/bin/silent-peers 0755
  replace_file "$(staged "$env")" "$env"
  install_unit silent-peers.service
  enable_unit silent-peers.service
  systemctl restart silent-peers
  mark_applied "$program" "$unit" "$(staged "$env")"
}

# shellcheck shell=bash
# watch_silent_peers: silent-peers.service with the facts WATCHED_SERVERS and WATCHED_CONNECTIONS
watch_silent_peers() {
  local program=$UPLOAD_DIR/shared/silent-peers unit=$UPLOAD_DIR/units/silent-peers.service facts=/etc/platform/facts.env
  already_applied "$program" "$unit" "$facts" && systemctl --quiet is-active silent-peers && return
  replace_file "$program" /opt/platform/bin/silent-peers 0755
  install_unit silent-peers.service
  enable_unit silent-peers.service
  systemctl restart silent-peers
  mark_applied "$program" "$unit" "$facts"
}

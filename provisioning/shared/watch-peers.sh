# shellcheck shell=bash
# watch_silent_peers: silent-peers.service, and which servers it asks. And what a deploy calls after servers have left
watch_silent_peers() {
  replace_file "$UPLOAD_DIR/shared/let-go" /opt/platform/bin/let-go 0755
  local program=$UPLOAD_DIR/shared/silent-peers unit=$UPLOAD_DIR/units/silent-peers.service env=/etc/platform/silent-peers.env
  already_applied "$program" "$unit" "$(staged "$env")" && systemctl --quiet is-active silent-peers && return
  replace_file "$program" /opt/platform/bin/silent-peers 0755
  replace_file "$(staged "$env")" "$env"
  install_unit silent-peers.service
  enable_unit silent-peers.service
  systemctl restart silent-peers
  mark_applied "$program" "$unit" "$(staged "$env")"
}

#!/usr/bin/env bash
# app.sh install|configure: the application on Node, and the database router beside it; safe to run again
set -euo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/shared/releases.sh"

readonly APP=/opt/app
readonly LIMITS=/etc/systemd/system/app.service.d/limits.conf
readonly WATCHDOG_ADDRESS=/etc/systemd/system/app-watchdog.service.d/address.conf
readonly ROUTER_CONFIG=/etc/database-router/haproxy.cfg
readonly SYSCTL=/etc/sysctl.d/90-dead-peers.conf
readonly CREDENTIALS=/etc/platform/credentials

install_role() {
  install_packages nodejs haproxy curl
  # HAProxy runs as database-router.service here
  mask_unit haproxy.service
}

apply_database_router() {
  local staged unit=$UPLOAD_DIR/units/database-router.service
  staged=$(staged "$ROUTER_CONFIG")
  already_applied "$staged" "$unit" && router_answers && return
  haproxy -c -q -f "$staged" || die "HAProxy rejects $ROUTER_CONFIG; the running configuration was left alone"
  replace_file "$staged" "$ROUTER_CONFIG"
  if already_applied "$unit" && systemctl --quiet is-active database-router; then
    systemctl reload database-router
  else
    install_unit database-router.service
    enable_unit database-router.service
    systemctl restart database-router
  fi
  wait_until 10 router_answers || die "the database router does not answer: $(last_words database-router)"
  mark_applied "$unit"
  mark_applied "$staged" "$unit"
}

router_answers() {
  curl --silent --fail --output /dev/null --max-time 2 "http://$(fact PRIVATE_ADDRESS):$(fact ROUTER_METRICS_PORT)/metrics"
}

# It starts and stops with the application, which goes on when the watchdog alone is another
apply_watchdog() {
  local program=$UPLOAD_DIR/shared/app-watchdog unit=$UPLOAD_DIR/units/app-watchdog.service address
  address=$(staged "$WATCHDOG_ADDRESS")
  already_applied "$program" "$unit" "$address" && return
  replace_file "$program" /opt/platform/bin/app-watchdog 0755
  replace_file "$address" "$WATCHDOG_ADDRESS"
  install_unit app-watchdog.service
  enable_unit app-watchdog.service
  systemctl try-restart app-watchdog
  mark_applied "$program" "$unit" "$address"
}

# The new release has to answer, and to reach the database if the old one does; otherwise the old one comes back
apply_release() {
  local release previous was_ready=no
  local -a applied
  release=$(staged "$APP/release")
  applied=("$release" "$(staged "$LIMITS")" "$UPLOAD_DIR/units/app.service" "$UPLOAD_DIR/units/app-migrate.service" "$CREDENTIALS")
  already_applied "${applied[@]}" && runs_release "$(release_id "$release")" && return
  previous=$(current_release "$APP")
  app_answers readyz && was_ready=yes

  replace_file "$(staged "$LIMITS")" "$LIMITS"
  install_unit app.service app-migrate.service
  enable_unit app.service
  release=$(add_release "$release" "$APP")
  log "starting release $release"
  activate_release "$APP" "$release"
  if ! { migrate_schema && systemctl restart app && comes_up "$was_ready"; }; then
    printf '%s\n' "$(last_words app-migrate)" "$(last_words app)" >&2
    go_back_to "$previous"
    die "release $release does not come up"
  fi
  prune_releases "$APP"
  mark_applied "${applied[@]}"
}

runs_release() {
  [[ $(current_release "$APP") == "$1" ]] && app_answers healthz
}

# By an account that the application itself has not
migrate_schema() {
  [[ ! -f $APP/current/migrate.js ]] || systemctl start app-migrate
}

comes_up() {
  wait_until 30 app_answers healthz || return 1
  [[ $1 == no ]] || wait_until 60 app_answers readyz
}

go_back_to() {
  [[ -n $1 && $1 != "$(current_release "$APP")" ]] || return 0
  log "going back to release $1"
  activate_release "$APP" "$1"
  systemctl restart app
  wait_until 30 app_answers healthz || die "release $1 does not come up either: $(last_words app)"
}

app_answers() {
  curl --silent --fail --output /dev/null --max-time 5 "http://$(fact PRIVATE_ADDRESS):$(fact APP_PORT)/$1"
}

configure_role() {
  wait_for_private_address
  apply_sysctl "$SYSCTL"
  apply_database_router
  apply_watchdog
  apply_release
}

main "$@"

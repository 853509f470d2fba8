#!/usr/bin/env bash
# web.sh install|configure: Nginx with the application's static files and the way to the app servers; safe to run again
set -euo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/shared/releases.sh"
source "$(dirname "$0")/shared/watch-peers.sh"

readonly DROP_IN=nginx.service.d/nginx-hardening.conf
readonly CONFIG=/etc/nginx/nginx.conf
readonly WWW=/srv/www
readonly SYSCTL=/etc/sysctl.d/90-dead-peers.conf

install_role() {
  install_packages nginx curl
  rm -f /etc/nginx/sites-enabled/default
  # Until it is configured, it would greet the load balancers with Debian's page
  [[ -f /etc/systemd/system/$DROP_IN ]] || systemctl stop nginx
}

publish_static_files() {
  local id
  id=$(add_release "$(staged "$WWW/release")" "$WWW")
  [[ $id == "$(current_release "$WWW")" ]] || log "static files: release $id"
  activate_release "$WWW" "$id"
  prune_releases "$WWW"
}

apply_unit() {
  already_applied "$UPLOAD_DIR/units/$DROP_IN" && return
  install_unit "$DROP_IN"
  ensure_logs
  check_config "$CONFIG" || die "Nginx rejects $CONFIG; it was not restarted"
  enable_unit nginx.service
  systemctl restart nginx
  wait_until 15 nginx_answers || die "Nginx does not answer: $(last_words nginx 5)"
  mark_applied "$UPLOAD_DIR/units/$DROP_IN"
}

apply_config() {
  local staged candidate=/etc/nginx/candidate.conf
  staged=$(staged "$CONFIG")
  already_applied "$staged" && nginx_answers && return
  # The upload is readable by root only, and Nginx is asked as the user it runs as
  replace_file "$staged" "$candidate"
  check_config "$candidate" || die "Nginx rejects the new nginx.conf; the running configuration was left alone"
  rm -f "$candidate"
  replace_file "$staged" "$CONFIG"
  if systemctl --quiet is-active nginx && already_applied "$UPLOAD_DIR/units/$DROP_IN"; then
    systemctl reload nginx
    wait_until 15 nginx_answers || die "Nginx does not answer: $(last_words nginx 5)"
  else
    apply_unit
  fi
  mark_applied "$staged"
}

# check_config PATH: with the user and the right of the unit, so that no file is left that belongs to root
check_config() {
  install -d -o www-data -g www-data /run/nginx /var/lib/nginx
  setpriv --reuid=www-data --regid=www-data --clear-groups \
    --inh-caps=+net_bind_service --ambient-caps=+net_bind_service nginx -t -q -c "$1"
}

# logrotate makes new ones as long as there are old ones
ensure_logs() {
  local file
  for file in /var/log/nginx/access.log /var/log/nginx/error.log; do
    [[ -f $file ]] || install -o www-data -g adm -m 0640 /dev/null "$file"
  done
}

nginx_answers() {
  systemctl --quiet is-active nginx &&
    curl --silent --fail --output /dev/null --max-time 2 "http://$(fact PRIVATE_ADDRESS):$(fact WEB_PORT)/nginx-health"
}

configure_role() {
  wait_for_private_address
  apply_sysctl "$SYSCTL"
  publish_static_files
  ensure_logs
  # App servers are made meanwhile, and configured one after another
  wait_for_new_peers 600
  apply_config
  apply_unit
  watch_silent_peers
}

main "$@"

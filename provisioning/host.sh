#!/usr/bin/env bash
# provisioning/host.sh: what every host needs before the script of its role; safe to run again
#   install     a way out for hosts without a public address, base packages
#   configure   who may log in, facts, credentials, the host firewall, SSH and the journal
set -euo pipefail
source "$(dirname "$0")/common.sh"

readonly PLATFORM_DIR=/etc/platform

# The first boot of an image may still be changing packages and addresses
wait_for_first_boot() {
  command -v cloud-init >/dev/null || return 0
  # 2 means done with warnings
  cloud-init status --wait >/dev/null || (($? == 2)) || die "cloud-init failed; see: cloud-init status --long"
}

make_folders() {
  install -d -m 0755 "$PLATFORM_DIR" /opt/platform /opt/platform/agents
  install -d -m 0700 "$PLATFORM_DIR/credentials"
  replace_file "$UPLOAD_DIR/host.env" "$PLATFORM_DIR/host.env"
  replace_file "$UPLOAD_DIR/shared/platform-drift" /usr/local/sbin/platform-drift 0755
}

# Units that need the private address are ordered after this one
install_private_address() {
  replace_file "$UPLOAD_DIR/units/private-address.sh" /usr/local/lib/platform/private-address 0755
  install_unit private-address.service
}

# Hetzner's DHCP gives no default route on the private network, and a route set by hand is gone after a reboot
keep_default_route() {
  if public_interface >/dev/null; then
    return
  fi
  install_unit default-route.service default-route.timer
  replace_file "$UPLOAD_DIR/units/default-route.sh" /usr/local/lib/platform/default-route 0755
  enable_unit default-route.timer
  systemctl restart default-route.service default-route.timer
}

# Hetzner tells them no name server, by DHCP or otherwise. Others ask those that they are told
keep_resolvers() {
  local -a resolvers
  ! public_interface >/dev/null || return 0
  IFS=, read -r -a resolvers <<<"$(fact RESOLVERS)"
  bash "$UPLOAD_DIR/shared/keep-resolvers" "${resolvers[@]}"
}

# What only Terraform knows, a line each: where it goes, and what it is as base64
unpack_values() {
  local values=$UPLOAD_DIR/values path value
  install -d -m 0700 "$UPLOAD_DIR/credentials"
  [[ -f $values ]] || return 0
  : >"$UPLOAD_DIR/facts.env"
  while read -r path value; do
    case $path in
      facts/*) printf '%s=%s\n' "${path#facts/}" "$(base64 --decode <<<"$value")" >>"$UPLOAD_DIR/facts.env" ;;
      *) (umask 077 && base64 --decode <<<"$value" >"$UPLOAD_DIR/$path") ;;
    esac
  done <"$values"
  rm "$values"
}

# A download that hangs because the NAT gateway has moved begins anew after 10 s; apt by itself waits for 30
make_apt_impatient() {
  printf '%s\n' 'Acquire::http::Timeout "10";' 'Acquire::https::Timeout "10";' 'Acquire::Retries "3";' >"$UPLOAD_DIR/apt.conf"
  replace_file "$UPLOAD_DIR/apt.conf" /etc/apt/apt.conf.d/80platform
}

# sshd then tells a session with which key it was opened
expose_login_key() {
  printf 'ExposeAuthInfo yes\n' >"$UPLOAD_DIR/sshd.conf"
  replace_file_for 'systemctl reload ssh' "$UPLOAD_DIR/sshd.conf" /etc/ssh/sshd_config.d/80-login-key.conf
}

# These keys and no others may log in
apply_authorized_keys() {
  local keys=$UPLOAD_DIR/authorized_keys user group home
  ssh-keygen -l -f "$keys" >/dev/null || die "a line of ssh_public_key or ssh_additional_public_keys is no public key"
  login_key_is_in "$keys" || die "ssh_private_key belongs to none of ssh_public_key and ssh_additional_public_keys: this deploy would lock itself out"
  user=$(fact LOGIN_USER)
  group=$(id -gn "$user")
  home=$(getent passwd "$user" | cut -d : -f 6)
  install -d -m 0700 -o "$user" -g "$group" "$home/.ssh"
  replace_file "$keys" "$home/.ssh/authorized_keys" 0600 "$user:$group"
  [[ $user == root ]] || rm -f /root/.ssh/authorized_keys
}

# True, too, where sshd does not tell
login_key_is_in() {
  local method key
  [[ -r ${SSH_USER_AUTH:-} ]] || return 0
  read -r method key <"$SSH_USER_AUTH"
  [[ $method != publickey ]] || grep --quiet --fixed-strings -- "$key" "$1"
}

apply_facts() {
  cat "$UPLOAD_DIR/host.env" "$UPLOAD_DIR/facts.env" >"$UPLOAD_DIR/all-facts.env"
  replace_file "$UPLOAD_DIR/all-facts.env" "$PLATFORM_DIR/facts.env" 0600
  rm "$UPLOAD_DIR/all-facts.env"
}

# Each is replaced in one move, and those that are no longer sent go last: a unit that restarts meanwhile finds its own
apply_credentials() {
  local path name
  for path in "$UPLOAD_DIR"/credentials/*; do
    [[ ! -f $path ]] || replace_file "$path" "$PLATFORM_DIR/credentials/${path##*/}" 0600
  done
  for path in "$PLATFORM_DIR"/credentials/*; do
    name=${path##*/}
    [[ -e $UPLOAD_DIR/credentials/$name ]] || rm -f "$path"
  done
  rm -rf "$UPLOAD_DIR/credentials"
}

# Addresses that only Terraform knows, as the rules call them: $NAME stands for the fact NAME
facts_of_rules() {
  local name value
  sed -n 's/.*\$\([A-Z0-9_]*\).*/\1/p' "$1" | sort -u | while read -r name; do
    value=$(fact "$name")
    printf 'define %s = { %s }\n' "$name" "$value"
  done
}

# Name servers that this host was told to ask: systemd-resolved keeps them in a file of its own
told_resolvers() {
  local file address version
  for file in /run/systemd/resolve/resolv.conf /etc/resolv.conf; do
    [[ ! -f $file ]] || sed -n 's/^nameserver[[:space:]]\+\([^[:space:]]*\).*/\1/p' "$file"
  done | sort -u | while read -r address; do
    # No way leads out to loopback, and an address with an interface is a link's own
    [[ $address != 127.* && $address != ::1 && $address != *%* ]] || continue
    [[ $address == *:* ]] && version=6 || version=4
    printf 'add element inet host_firewall resolvers_ipv%s { %s }\n' "$version" "$address"
  done
}

open_way_to_told_resolvers() {
  public_interface >/dev/null || return 0
  install -d -m 0755 "$PLATFORM_DIR/host-firewall.d"
  told_resolvers >"$UPLOAD_DIR/resolvers.nft"
  replace_file "$UPLOAD_DIR/resolvers.nft" "$PLATFORM_DIR/host-firewall.d/resolvers.nft"
}

apply_host_firewall() {
  local staged rules=$UPLOAD_DIR/host-firewall.nft
  staged=$(staged "$PLATFORM_DIR/host-firewall.nft")
  [[ -f $staged ]] || return 0
  open_way_to_told_resolvers
  facts_of_rules "$staged" >"$rules"
  cat "$staged" >>"$rules"
  nft --check --file "$rules" || die "nft rejects the host firewall; the running rules were left alone"
  replace_file "$UPLOAD_DIR/shared/host-firewall-closed.nft" "$PLATFORM_DIR/host-firewall-closed.nft"
  replace_file "$rules" "$PLATFORM_DIR/host-firewall.nft"
  install_unit host-firewall.service
  enable_unit host-firewall.service
  systemctl reload-or-restart host-firewall.service
}

# sshd is asked about all of its configuration before any of it is replaced, and keeps the sessions that are open
apply_sshd() {
  local candidate=$UPLOAD_DIR/sshd_config
  local -a parts=("$UPLOAD_DIR/shared/sshd.conf")
  [[ $(fact TIER) != lb ]] || parts=("$UPLOAD_DIR/shared/sshd-bastion.conf" "${parts[@]}")
  [[ $(fact LOGIN_USER) == root ]] || parts=("$UPLOAD_DIR/shared/sshd-no-root.conf" "${parts[@]}")
  already_applied "${parts[@]}" && return
  cat "${parts[@]}" /etc/ssh/sshd_config >"$candidate"
  /usr/sbin/sshd -t -f "$candidate" || die "sshd rejects the new configuration; the running one was left alone"
  cat "${parts[@]}" >"$candidate"
  replace_file "$candidate" /etc/ssh/sshd_config.d/00-hardening.conf
  systemctl reload ssh
  mark_applied "${parts[@]}"
}

# Debian's timers would install and restart whatever they like, on all hosts within the same hour
end_uncoordinated_updates() {
  local -ra timers=(apt-daily.timer apt-daily-upgrade.timer)
  mask_unit "${timers[@]}"
  # What they have begun at the first boot is not cut short; it holds apt's locks, and no command waits for that of the package lists
  wait_until 900 updates_ended || die "this host has updated itself for 15 minutes; see: journalctl --unit apt-daily --unit apt-daily-upgrade"
}

updates_ended() {
  [[ $(systemctl show --property ActiveState --value apt-daily.service apt-daily-upgrade.service) != *activating* ]]
}

apply_security_updates() {
  local socket=security-updates-answer.socket timer=/etc/systemd/system/security-updates.timer part
  if [[ $(fact SECURITY_UPDATES) != yes ]]; then
    [[ ! -f $timer ]] || systemctl --quiet disable --now security-updates.timer "$socket"
    rm -f "$timer" /usr/local/sbin/platform-updates
    return
  fi
  replace_file "$UPLOAD_DIR/shared/apt-security-updates.conf" /etc/apt/apt.conf.d/90platform-updates
  leave_restarts_to_us
  replace_file "$UPLOAD_DIR/shared/platform-updates" /usr/local/sbin/platform-updates 0755
  for part in "$PLATFORM_DIR/security-updates.env" "$timer" "/etc/systemd/system/$socket.d/address.conf" \
    /etc/systemd/system/security-updates-answer@.service.d/network.conf; do
    replace_file "$(staged "$part")" "$part"
  done
  install_unit security-updates.service security-updates-answer@.service "$socket"
  enable_unit security-updates.timer "$socket"
  systemctl restart security-updates.timer "$socket"
}

# Some images have needrestart, which would restart daemons after any run of apt
leave_restarts_to_us() {
  [[ -d /etc/needrestart ]] || return 0
  printf '%s\n' "\$nrconf{restart} = 'l';" >"$UPLOAD_DIR/needrestart.conf"
  replace_file "$UPLOAD_DIR/needrestart.conf" /etc/needrestart/conf.d/90-restarts.conf
}

apply_journal_limits() {
  local limits=$UPLOAD_DIR/shared/journald.conf
  already_applied "$limits" && return
  replace_file "$limits" /etc/systemd/journald.conf.d/limits.conf
  systemctl restart systemd-journald
  mark_applied "$limits"
}

install_role() {
  wait_for_first_boot
  wait_for_private_address
  make_folders
  install_private_address
  keep_default_route
  keep_resolvers
  make_apt_impatient
  expose_login_key
  end_uncoordinated_updates
  install_packages nftables systemd-timesyncd curl
  [[ $(fact SECURITY_UPDATES) != yes ]] || install_packages unattended-upgrades
}

configure_role() {
  unpack_values
  make_folders
  apply_authorized_keys
  apply_facts
  apply_credentials
  apply_host_firewall
  apply_sshd
  apply_journal_limits
  apply_security_updates
}

main "$@"

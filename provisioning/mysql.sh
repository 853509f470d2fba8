#!/usr/bin/env bash
# mysql.sh install|configure: a MySQL member, its data volume and its agent; safe to run again
set -euo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/shared/mysql-repository.sh"

readonly CONFIG=/etc/mysql/platform.cnf
readonly DATA_MOUNT=srv-mysql.mount
readonly GROW_UNIT=srv-mysql-grow.service
readonly TLS=/etc/mysql/platform-tls
readonly CREDENTIALS=/etc/platform/credentials
readonly REPLICATION_PASSWORD=$CREDENTIALS/mysql-replication-password
# What it holds is packagesRevision: any text
readonly PACKAGES=/etc/platform/mysql-packages
readonly AGENT=/opt/platform/agents/mysql-member.js
readonly AGENT_CONFIG=/etc/platform/mysql-member.json
readonly AGENT_NETWORK=/etc/systemd/system/mysql-member.service.d/network.conf
# What the accounts in the database follow from
ACCOUNTS=("$(staged "$AGENT_CONFIG")" "$(staged "$AGENT")" "$CREDENTIALS"/mysql-*-password)
readonly ACCOUNTS

install_role() {
  keep_series
  install_packages ca-certificates curl gpg nodejs e2fsprogs
  use_mysql_repository
  install_mysql
  # An install step that broke off may have left it masked, with the package installed
  [[ $(systemctl is-enabled mysql.service) != masked-runtime ]] || systemctl --quiet unmask --runtime mysql.service
  getent passwd mysql-member >/dev/null || useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin mysql-member
  allow_data_volume
  # An image may bring the package, running with its own configuration
  [[ -f $CONFIG ]] || systemctl --quiet disable --now mysql
}

# A newer series changes the data for good
keep_series() {
  local wanted installed
  wanted=$(fact MYSQL_SERIES)
  installed=$(installed_mysql)
  [[ -z $installed || $(series "$installed") == "$wanted" ]] ||
    die "MySQL $(series "$installed") is installed here and mysql.series is $wanted: a deploy does not change the series of a member;" \
      "set mysql.series: '$(series "$installed")', and see docs/database.md"
}

# Nothing where it is not installed
installed_mysql() {
  ! is_installed mysql-server || dpkg-query --show --showformat='${Version}' mysql-server
}

install_mysql() {
  is_installed mysql-server && return
  refresh_package_lists
  read_mysql_repository
  [[ $(offered_mysql) == "$(fact MYSQL_SERIES)".* ]] || die "MySQL's apt repository offers no mysql-server $(fact MYSQL_SERIES) for this image: $(<"$MYSQL_SOURCE")"
  log "installing mysql-server $(offered_mysql)"
  finish_interrupted_dpkg
  # The package starts mysqld with its own configuration otherwise
  systemctl --quiet mask --runtime mysql.service
  leave_default_database_out
  apt_get install --yes --no-install-recommends mysql-server mysql-client || die "cannot install mysql-server"
}

# The package makes a database where this folder is empty, which takes ten seconds and which nobody uses
leave_default_database_out() {
  mkdir -p /var/lib/mysql
  touch /var/lib/mysql/.the-data-is-in-srv-mysql
}

# The profile of the packages knows /var/lib/mysql alone. Root starts --initialize and --validate-config: the one gives the new
# folder to mysql, the other reads a configuration that is not in force yet
allow_data_volume() {
  local profile=/etc/apparmor.d/usr.sbin.mysqld
  [[ -f $profile ]] || return 0
  printf '%s\n' 'capability chown,' '/srv/mysql/ r,' '/srv/mysql/** rwk,' '/etc/mysql/** r,' '/run/mysql-prepare/** r,' \
    '/var/lib/platform/configure/files/etc/mysql/** r,' >"$UPLOAD_DIR/apparmor"
  replace_file "$UPLOAD_DIR/apparmor" /etc/apparmor.d/local/usr.sbin.mysqld
  ! aa-enabled --quiet 2>/dev/null || apparmor_parser --replace "$profile"
}

# Hetzner formats the volume when it makes it; one that holds anything else is left alone
mount_volume() {
  local device
  device=$(fact VOLUME_DEVICE)
  wait_until 60 test -b "$device" || die "the volume $device is not attached"
  [[ $(blkid --output value --match-tag TYPE "$device") == ext4 ]] || die "$device holds no ext4 file system; to use it: mkfs.ext4 $device"
  printf '[Mount]\nWhat=%s\n' "$device" >"$UPLOAD_DIR/device.conf"
  replace_file "$UPLOAD_DIR/device.conf" "/etc/systemd/system/$DATA_MOUNT.d/device.conf"
  install_unit "$DATA_MOUNT"
  enable_unit "$DATA_MOUNT"
  systemctl start "$DATA_MOUNT" || die "cannot mount $device: $(last_words "$DATA_MOUNT" 25)"
  grow_file_system "$device"
  install -d -m 0750 -o mysql -g mysql /srv/mysql/data-tmp
  install -d -m 0700 -o mysql-member -g mysql-member /srv/mysql/member
  take_over /srv/mysql/data mysql
  take_over /srv/mysql/data-tmp mysql
  take_over /srv/mysql/member mysql-member
}

# take_over FOLDER USER: a volume may come from another server, where the same user had another number
take_over() {
  # From within each folder: its user may put a link in the place of a folder meanwhile
  [[ ! -d $1 ]] || find "$1" ! -user "$2" -execdir chown --no-dereference "$2:$2" {} +
}

# After volumeGb was raised; the unit also does it at each boot
grow_file_system() {
  wait_until 60 has_full_size "$1" ||
    die "Hetzner has made the volume $1 larger, and the kernel still sees $(blockdev --getsize64 "$1") bytes: reboot this host (npx platform switchover mysql first, if it is PRIMARY), and deploy again"
  install_unit "$GROW_UNIT"
  enable_unit "$GROW_UNIT"
  reload_units
  systemctl start "$GROW_UNIT" || die "the file system on $1 does not grow: $(last_words "$GROW_UNIT" 5)"
}

# has_full_size DEVICE: GB in the sense of the smaller unit, since Hetzner does not say which it means
has_full_size() {
  (($(blockdev --getsize64 "$1") >= $(fact VOLUME_GB) * 1000 ** 3))
}

# mysqld's address and TLS files; a renewed certificate is taken over without a restart
apply_tls() {
  local sources=("$CREDENTIALS/mysql-ca.pem" "$CREDENTIALS/mysql-server.pem" "$CREDENTIALS/mysql-server.key")
  already_applied "${sources[@]}" && return
  install -d -m 0750 -o root -g mysql "$TLS"
  replace_file "${sources[0]}" "$TLS/ca.pem" 0644
  replace_file "${sources[1]}" "$TLS/server.pem" 0644
  replace_file "${sources[2]}" "$TLS/server.key" 0640 root:mysql
  ! systemctl --quiet is-active mysql || mysql --user=root --execute='ALTER INSTANCE RELOAD TLS' || die "mysqld rejects the certificate"
  mark_applied "${sources[@]}"
}

apply_agent() {
  local -a parts
  parts=(
    "$(staged "$AGENT")" "$(staged "$AGENT_CONFIG")" "$(staged "$AGENT_NETWORK")"
    "$UPLOAD_DIR/units/mysql-member.service" "$UPLOAD_DIR/units/mysql-end.path" "$UPLOAD_DIR/units/mysql-end.service" "$UPLOAD_DIR/shared/platform-mysql" "$REPLICATION_PASSWORD"
  )
  replace_file "$UPLOAD_DIR/shared/platform-mysql" /usr/local/sbin/platform-mysql 0755
  already_applied "${parts[@]}" && systemctl --quiet is-active mysql-member && return
  # While the agent starts it answers no health check: better that another member is PRIMARY then
  ! systemctl --quiet is-active mysql-member || timeout 30 platform-mysql step-down || log "the PRIMARY stays where it is"
  replace_file "${parts[0]}" "$AGENT"
  replace_file "${parts[1]}" "$AGENT_CONFIG"
  replace_file "${parts[2]}" "$AGENT_NETWORK"
  install_unit mysql-member.service mysql-end.path mysql-end.service
  enable_unit mysql-member.service mysql-end.path
  systemctl restart mysql-member mysql-end.path
  wait_until 20 agent_answers || die "the agent does not answer: $(last_words mysql-member 25)"
  mark_applied "${parts[@]}"
}

agent_answers() {
  platform-mysql status
}

apply_mysqld() {
  local staged prepare=$UPLOAD_DIR/shared/mysql-prepare unit=$UPLOAD_DIR/units/mysql.service.d/platform.conf
  staged=$(staged "$CONFIG")
  # A member goes on with the password it has joined with
  already_applied "$staged" "$prepare" "$unit" "$REPLICATION_PASSWORD" && systemctl --quiet is-active mysql && return
  mysqld --defaults-file="$staged" --validate-config || die "mysqld rejects $CONFIG; the running configuration was left alone"
  # The member before is ONLINE again, or the group would lose its majority; a PRIMARY hands over first
  platform-mysql make-way 300 || die "mysqld was not restarted, because the group cannot do without this member"
  replace_file "$prepare" /usr/local/lib/platform/mysql-prepare 0755
  replace_file "$staged" "$CONFIG"
  install_unit mysql.service.d/platform.conf
  enable_unit mysql.service
  log "starting mysqld"
  systemctl restart mysql || die "mysqld does not start: $(last_words mysql 25)"
  mark_applied "$staged" "$prepare" "$unit" "$REPLICATION_PASSWORD"
}

# After packagesRevision was changed: the newest patch release of the installed series. Another series is a decision of its own
upgrade_mysql() {
  local revision installed version
  revision=$(staged "$PACKAGES")
  [[ -f $revision ]] || return 0
  already_done "$revision" && return
  # The key may have come to its end since
  use_mysql_repository
  refresh_package_lists
  read_mysql_repository
  installed=$(installed_mysql)
  version=$(offered_mysql)
  if [[ $(series "$version") != $(series "$installed") ]]; then
    log "mysql-server stays at $installed: $version is of another series"
  elif dpkg --compare-versions "$version" gt "$installed"; then
    platform-mysql make-way 300 || die "mysql-server was not upgraded, because the group cannot do without this member"
    log "upgrading mysql-server from $installed to $version"
    # Recommended packages and configuration files stay as they are; the package restarts mysqld
    apt_get install --yes --no-install-recommends -o Dpkg::Options::=--force-confold mysql-server mysql-client || die "cannot upgrade mysql-server"
    systemctl start mysql || die "mysqld does not start: $(last_words mysql 25)"
  fi
  mark_done "$revision"
}

apply_accounts() {
  # By the uploaded agent and configuration, before they are in place: those from before name passwords that may be gone
  MYSQL_MEMBER_CONFIG=$(staged "$AGENT_CONFIG") node "$(staged "$AGENT")" operator accounts || die "accounts could not be brought up to date"
}

# The group learns of changed passwords before a member, or an app server after it, comes with one
apply_changed_accounts() {
  already_done "${ACCOUNTS[@]}" || ! is_online || apply_accounts
}

is_online() {
  [[ $(platform-mysql status 2>/dev/null) == "$(fact HOST_NAME)  ONLINE"* ]]
}

configure_role() {
  wait_for_private_address
  mount_volume
  apply_tls
  apply_changed_accounts
  apply_agent
  upgrade_mysql
  apply_mysqld
  apply_accounts
  mark_done "${ACCOUNTS[@]}"
  platform-mysql wait 900 || die "the member does not come up"
}

main "$@"

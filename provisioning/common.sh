# shellcheck shell=bash
# Verbs that the role scripts share. A script sources this file, defines install_role and configure_role, ends in `main "$@"`, and may be
# run again at any time.

# Where this upload lies: the scripts, units/, files/ (by their path on the host), host.env and facts.env
UPLOAD_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly UPLOAD_DIR
readonly APPLIED_DIR=/var/lib/platform/applied
# How each step of a deploy has left this host: platform-drift compares
readonly MANIFESTS=/var/lib/platform/manifests
# What this step answers for, a line of KIND and NAME each: also what a script has placed that another one has started
readonly PLACED=$UPLOAD_DIR/placed
# Of each record: how many lines PLACED had when its part began
declare -A began=()
readonly UNITS=/etc/systemd/system
# There as long as systemd has not read what was changed in UNITS; gone after a reboot, when it has
readonly UNITS_CHANGED=/run/platform-units-changed
# What this script has replaced in UNITS
replaced_units=()

# Exit code of die, also of one within $(...)
readonly SAID_WHY=3

# What fails without words of its own is named: Terraform shows nothing but the exit code. BASH_COMMAND is not expanded, and holds no secret
set -o errtrace
trap '(($? == SAID_WHY)) || printf "%s: ERROR: line %s: %s failed\n" "${0##*/}" "$LINENO" "$BASH_COMMAND" >&2' ERR
# As old as the last update of the package lists since the boot
readonly PACKAGE_LISTS=/run/platform-package-lists

log() {
  printf '%s: %s\n' "${0##*/}" "$*"
}

die() {
  printf '%s: ERROR: %s\n' "${0##*/}" "$*" >&2
  exit "$SAID_WHY"
}

# last_words UNIT [LINES]: what it said last, as text and nothing else: whoever has taken over a service must not be able to send the
# terminal of a deploy what it obeys
last_words() {
  journalctl --unit "$1" --lines "${2:-15}" --output cat --no-pager | printable
}

printable() {
  LC_ALL=C tr -cd '[:print:]\t\n'
}

# wait_until SECONDS COMMAND...: runs COMMAND four times a second until it succeeds; fails when the time is over
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.25
  done
}

# install_packages PACKAGE...: installs those that are missing, and asks the mirrors only if there are any
install_packages() {
  local package missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  log "installing ${missing[*]}"
  finish_interrupted_dpkg
  refresh_package_lists
  apt_get install --yes --no-install-recommends "${missing[@]}" || die "cannot install ${missing[*]}"
}

# Once for all scripts of a deploy: the names and lists of a mirror cost several seconds on each host
refresh_package_lists() {
  [[ -z $(find "$PACKAGE_LISTS" -mmin -10 2>/dev/null) ]] || return 0
  wait_until 180 apt_get update || apt_get update || die "no package mirror can be reached"
  touch "$PACKAGE_LISTS"
}

# apt refuses to work after a run that was cut off, e.g. with the SSH session it ran in
finish_interrupted_dpkg() {
  [[ -n $(ls -A /var/lib/dpkg/updates) ]] || return 0
  DEBIAN_FRONTEND=noninteractive dpkg --configure -a --force-confold || die "dpkg cannot finish what was interrupted"
}

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# The first boot's own updates may hold the lock. Images with needrestart would restart daemons as they like
apt_get() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
    -o Dpkg::Use-Pty=0 -o APT::Update::Error-Mode=any "$@"
}

# staged PATH: where the new version of the host's file or folder PATH lies in this upload
staged() {
  printf '%s/files%s\n' "$UPLOAD_DIR" "$1"
}

# replace_file STAGED TARGET [MODE [OWNER:GROUP]]: a reader sees the old file or the new one, never half of it; one that is as it
# should be is not touched
replace_file() {
  local staged=$1 target=$2 mode=${3:-0644} owner=${4:-root:root} new
  [[ -f $staged ]] || die "$staged was not uploaded"
  answer_for file "$target"
  ! is_in_place "$@" || return 0
  if [[ $target == "$UNITS"/* ]]; then
    # Noted before the file is there: a run that is cut off before systemd has read it must not leave systemd with the former one
    touch "$UNITS_CHANGED"
    replaced_units+=("${target#"$UNITS"/}")
  fi
  mkdir -p "$(dirname "$target")"
  new=$(mktemp "$(dirname "$target")/.new.XXXXXX")
  cp "$staged" "$new"
  chown "$owner" "$new"
  chmod "$mode" "$new"
  mv -f "$new" "$target"
}

# is_in_place STAGED TARGET [MODE [OWNER:GROUP]]: true if TARGET is such a file; a link to one is not
is_in_place() {
  [[ ! -L $2 ]] && cmp --quiet "$1" "$2" && [[ $(stat --format '0%a %U:%G' "$2") == "${3:-0644} ${4:-root:root}" ]]
}

# replace_file_for COMMAND STAGED TARGET: replaces a file that the host has read before, and runs COMMAND if it was another
replace_file_for() {
  local command=$1 was_there=no
  shift
  ! is_in_place "$@" || was_there=yes
  replace_file "$@"
  [[ $was_there == yes ]] || $command
}

# answer_for KIND NAME: this step has put NAME where it is (file), or all of a folder (tree), or has enabled or masked it (unit)
answer_for() {
  printf '%s\t%s\n' "$@" >>"$PLACED"
}

# leave_to_host FILE...: from now on a program of the host replaces it
leave_to_host() {
  printf 'own\t%s\n' "$@" >>"$PLACED"
}

platform_drift() {
  bash "$UPLOAD_DIR/shared/platform-drift" "$@"
}

# describe_placed LINES: how that is now which was placed after so many lines; what was there for a moment only is left out
describe_placed() {
  [[ -f $PLACED ]] || return 0
  tail -n "+$(($1 + 1))" "$PLACED" |
    awk -F '\t' '{ kind[$2] = $1 } END { for (name in kind) if (kind[name] != "own") print kind[name] "\t" name }' |
    LC_ALL=C sort | platform_drift describe | awk -F '\t' '$3 != "gone"'
}

placed_lines() {
  [[ ! -f $PLACED ]] || wc --lines <"$PLACED"
}

# apply_sysctl PATH: the kernel settings of the staged file PATH, now and at each boot
apply_sysctl() {
  replace_file "$(staged "$1")" "$1"
  sysctl --quiet --load "$1" || die "the kernel refuses $1"
}

# install_unit NAME...: a unit (NAME.service) or a drop-in (NAME.service.d/limits.conf) of units/
install_unit() {
  local name
  for name in "$@"; do
    replace_file "$UPLOAD_DIR/units/$name" "$UNITS/$name"
  done
  reload_units
}

# mask_unit NAME...: it does not run, and nothing starts it
mask_unit() {
  local name
  for name in "$@"; do
    answer_for unit "$name"
    [[ $(systemctl is-enabled "$name" 2>/dev/null) != masked ]] || continue
    # Stopped first: a unit that is masked while it runs counts as failed
    systemctl --quiet stop "$name"
    systemctl --quiet mask "$name"
  done
}

# systemd reads all units for this, which takes up to a second
reload_units() {
  [[ -e $UNITS_CHANGED ]] || return 0
  systemctl daemon-reload
  rm -f "$UNITS_CHANGED"
}

# enable_unit NAME...: from the next boot on; units that want it learn of it with the next reload_units. A unit that is enabled already
# is enabled again only after its file was replaced
enable_unit() {
  local name
  for name in "$@"; do
    answer_for unit "$name"
    [[ " ${replaced_units[*]} " != *" $name "* ]] && systemctl --quiet is-enabled "$name" && continue
    systemctl --quiet --no-reload enable "$name"
    touch "$UNITS_CHANGED"
  done
}

# already_done PATH...: true if exactly these staged files or folders were the last that mark_done was told of.
# What was done is recorded after it was done: a run that was cut off is repeated, not skipped.
already_done() {
  local record
  record=$(applied_record "$1")
  [[ -f $record && $(<"$record") == $(content_hash "$@") ]]
}

mark_done() {
  mkdir -p "$APPLIED_DIR"
  content_hash "$@" >"$(applied_record "$1")"
}

# already_applied PATH...: as already_done, of what is put onto this host from there. False as well if anything of that is no longer as
# mark_applied has seen it: somebody has edited it
already_applied() {
  local record
  record=$(applied_record "$1")
  began[$record]=$(placed_lines)
  already_done "$@" && [[ -f $record.files ]] || return 1
  cmp --quiet "$record.files" <(platform_drift describe <"$record.files") || return 1
  cut -f 1,2 "$record.files" >>"$PLACED"
}

# Covers all that was placed since already_applied was asked for the same
mark_applied() {
  local record
  record=$(applied_record "$1")
  mkdir -p "$APPLIED_DIR"
  # Hashes of secrets are among them
  (umask 077 && describe_placed "${began[$record]:-0}" >"$record.files")
  mark_done "$@"
}

# A record goes by its first path, without the folder of this upload
applied_record() {
  local name=${1#"$UPLOAD_DIR"/}
  printf '%s/%s\n' "$APPLIED_DIR" "${name//\//_}"
}

# content_hash PATH...: covers names, modes and contents; a path that is missing counts as missing
content_hash() {
  local path
  for path in "$@"; do
    [[ -e $path ]] || printf 'missing %s\n' "${path#"$UPLOAD_DIR"/}"
    [[ ! -e $path ]] || (cd "$(dirname "$path")" && find "$(basename "$path")" -printf '%p %m\n' -type f -exec sha256sum {} +)
  done | LC_ALL=C sort | sha256sum | cut -d ' ' -f 1
}

# fact NAME: what Terraform knows about this host or the platform; units find all facts in /etc/platform/facts.env
fact() {
  local value
  value=$(sed -n "s/^$1=//p" "$UPLOAD_DIR"/*.env | tail -n 1)
  [[ -n $value ]] || die "fact $1 was not uploaded"
  printf '%s\n' "$value"
}

# Interfaces have other names on other images and server types: they are found by what they carry
private_interface() {
  local interface
  interface=$(ip -o -4 address show to "$(fact PRIVATE_ADDRESS)/32" | awk '{ print $2; exit }')
  [[ -n $interface ]] || return 1
  printf '%s\n' "$interface"
}

# The interface of a default route that does not lead through the private network; fails on a private-only host
public_interface() {
  local interface
  interface=$(ip -o -4 route show default | awk -v gateway="$(fact NETWORK_GATEWAY)" \
    '$3 != gateway { for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }')
  [[ -n $interface ]] || return 1
  printf '%s\n' "$interface"
}

# Hetzner attaches the private network after the first boot, and on some images its interface is configured minutes later
wait_for_private_address() {
  wait_until 600 private_interface ||
    die "no interface has the private address $(fact PRIVATE_ADDRESS) after 10 minutes; ask the host: ip address, systemctl list-units 'hc-net-*', and reboot it"
}

# host.sh is the first script of a step, and that of the role the last
is_role() {
  [[ ${0##*/} != host.sh ]]
}

begin_step() {
  install -d -m 0700 "$MANIFESTS"
  touch "$MANIFESTS/$1.unfinished"
}

# end_step STEP: replaces the manifest in one piece, so that platform-drift never reads half of it
end_step() {
  (umask 077 && describe_placed 0 >"$MANIFESTS/.$1.new")
  mv -f "$MANIFESTS/.$1.new" "$MANIFESTS/$1"
  rm -f "$MANIFESTS/$1.unfinished"
}

# What a role's script is called with. It defines install_role (packages, users) and configure_role (files, reload)
main() {
  case ${1:-} in
    install | configure) begin_step "$1" ;;
    *) die "usage: ${0##*/} install|configure" ;;
  esac
  "$1_role"
  reload_units
  ! is_role || end_step "$1"
}

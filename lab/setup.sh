#!/usr/bin/env bash
# Installs what this machine lacks for the lab and the tests. Takes a second when nothing is missing.
#
#   lab/setup.sh            all that the lab needs: packages, npm ci, check of Terraform
#   lab/setup.sh node       npm ci alone: enough for synth
set -euo pipefail

readonly TERRAFORM_AT_LEAST=1.10
readonly NODE_AT_LEAST=20

# program:package. The second list is for tests: the real programs check the rendered configuration.
readonly NEEDED=(
  debootstrap:debootstrap systemd-nspawn:systemd-container nft:nftables ip:iproute2 sysctl:procps losetup:mount nsenter:util-linux
  mkfs.ext4:e2fsprogs ssh:openssh-client curl:curl patchelf:patchelf gpg:gpg gpg-agent:gpg-agent
  shellcheck:shellcheck shfmt:shfmt hcloud:hcloud-cli haproxy:haproxy keepalived:keepalived nginx:nginx-light python3:python3-venv
  socat:socat unzip:unzip openssl:openssl git:git masscan:masscan nmap:nmap pebble:pebble
)

log() { printf 'setup: %s\n' "$*"; }

die() {
  printf 'setup: ERROR: %s\n' "$*" >&2
  exit 1
}

# Programs for root may be off the PATH of a login without root's profile
export PATH=$PATH:/usr/sbin:/sbin

install_packages() {
  local entry missing=()
  for entry in "${NEEDED[@]}"; do
    command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
  done
  # Debian's python3 comes without what a virtual environment needs
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  # masscan only recommends what it cannot work without
  ldconfig -p | grep -q 'libpcap\.so' || missing+=(libpcap0.8)
  ((${#missing[@]} > 0)) || return 0
  [[ $(id -u) == 0 ]] || die "the lab needs ${missing[*]}; run this as root, or use make synth, which needs none of them"
  command -v apt-get >/dev/null || die "the lab needs ${missing[*]}, and apt-get to install them; use make synth, which needs none of them"
  log "installing ${missing[*]}"
  apt-get update -qq
  without_starting_services env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  disable_services "${missing[@]}"
}

# HAProxy, keepalived and Nginx are wanted for their checks, not as services of this machine
without_starting_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [[ -e $policy ]]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  "$@" || status=$?
  rm -f "$policy"
  return "$status"
}

# Else those that were just installed would start with the machine
disable_services() {
  local package
  [[ -d /run/systemd/system ]] || return 0
  for package in "$@"; do
    case $package in
      haproxy | keepalived) systemctl disable --quiet "$package" ;;
      nginx-light) systemctl disable --quiet nginx ;;
    esac
  done
}

check_node() {
  command -v node >/dev/null || die "Node.js $NODE_AT_LEAST or newer is missing; https://nodejs.org/en/download"
  local major
  major=$(node --print 'process.versions.node.split(".")[0]')
  ((major >= NODE_AT_LEAST)) || die "Node.js is $major, want $NODE_AT_LEAST or newer; https://nodejs.org/en/download"
}

install_node_modules() {
  [[ node_modules/.package-lock.json -nt package-lock.json ]] && return 0
  log 'npm ci'
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
}

check_terraform() {
  local how='https://developer.hashicorp.com/terraform/install (one file: unpack it into /usr/local/bin)'
  command -v terraform >/dev/null || die "Terraform $TERRAFORM_AT_LEAST or newer is missing; $how"
  local version
  version=$(CHECKPOINT_DISABLE=1 terraform version -json 2>/dev/null | sed -n 's/.*"terraform_version": "\([0-9.]*\).*/\1/p')
  printf '%s\n%s\n' "$TERRAFORM_AT_LEAST" "$version" | sort --check=quiet --version-sort ||
    die "Terraform is $version, want $TERRAFORM_AT_LEAST or newer (ephemeral variables); $how"
}

main() {
  cd "$(dirname "$0")/.."
  check_node
  install_node_modules
  [[ ${1:-} == node ]] && return
  install_packages
  check_terraform
}

main "$@"

#!/usr/bin/env bash
# Installs what this machine lacks for the lab and the tests, and leaves alone what is there. Takes a second when nothing is missing.
#
#   lab/setup.sh            all that the lab needs: Node.js, packages, npm ci, Terraform
#   lab/setup.sh bench      that, and what benchmarks compare with: Caddy
#   lab/setup.sh node       Node.js and npm ci: enough for synth
#   lab/setup.sh terraform  Terraform alone
#
# For mirrors: NODE_REPOSITORY, NODE_KEY_FILE (URL) and NODE_KEY (fingerprint), and the same for TERRAFORM_.
set -euo pipefail

readonly TERRAFORM_AT_LEAST=1.10
readonly NODE_AT_LEAST=20.19

# For a distribution whose own Node.js is older: https://github.com/nodesource/distributions
readonly NODE_REPOSITORY=${NODE_REPOSITORY:-https://deb.nodesource.com/node_24.x}
readonly NODE_KEY_FILE=${NODE_KEY_FILE:-https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key}
readonly NODE_KEY=${NODE_KEY:-6F71F525282841EEDAF851B42F59B5F99B1BE0B4}
# https://www.hashicorp.com/trust/security
readonly TERRAFORM_REPOSITORY=${TERRAFORM_REPOSITORY:-https://apt.releases.hashicorp.com}
readonly TERRAFORM_KEY_FILE=${TERRAFORM_KEY_FILE:-$TERRAFORM_REPOSITORY/gpg}
readonly TERRAFORM_KEY=${TERRAFORM_KEY:-798AEC654E5C15428C8E42EEAA16FCBCA621E701}

# program:package. The second list is for tests: the real programs check the rendered configuration.
readonly NEEDED=(
  debootstrap:debootstrap systemd-nspawn:systemd-container nft:nftables ip:iproute2 sysctl:procps losetup:mount nsenter:util-linux
  mkfs.ext4:e2fsprogs ssh:openssh-client curl:curl patchelf:patchelf gpg:gpg gpg-agent:gpg-agent
  shellcheck:shellcheck shfmt:shfmt hcloud:hcloud-cli haproxy:haproxy keepalived:keepalived nginx:nginx-light python3:python3-venv
  socat:socat dpkg-scanpackages:dpkg-dev unzip:unzip openssl:openssl git:git masscan:masscan nmap:nmap pebble:pebble
  wrk:wrk h2load:nghttp2-client
)
readonly COMPARED=(caddy:caddy)

log() { printf 'setup: %s\n' "$*"; }

die() {
  printf 'setup: ERROR: %s\n' "$*" >&2
  exit 1
}

# Programs for root may be off the PATH of a login without root's profile
export PATH=$PATH:/usr/sbin:/sbin

# install_packages PROGRAM:PACKAGE...
install_packages() {
  local entry missing=()
  for entry in "$@"; do
    command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
  done
  # Debian's python3 comes without what a virtual environment needs
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  # masscan only recommends what it cannot work without
  ldconfig -p | grep -q 'libpcap\.so' || missing+=(libpcap0.8)
  ((${#missing[@]} > 0)) || return 0
  may_install "lab and benchmarks need ${missing[*]}" 'use make synth, which needs none of them'
  log "installing ${missing[*]}"
  apt-get update -qq
  apt_install "${missing[@]}"
  disable_services "${missing[@]}"
}

# may_install WHAT OTHERWISE
may_install() {
  command -v apt-get >/dev/null || die "$1, and apt-get to install it, which this machine has not; $2"
  [[ -w $(apt_folder sourceparts) ]] || die "$1; run this as root, or $2"
}

# apt_folder NAME: where apt looks, e.g. /etc/apt/sources.list.d/
apt_folder() {
  local folder
  eval "$(apt-config shell folder "Dir::Etc::$1/d")"
  printf '%s\n' "$folder"
}

apt_install() {
  without_starting_services env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# HAProxy, keepalived, Nginx and Caddy are wanted for checks and benchmarks, not as services of this machine
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
      haproxy | keepalived | caddy) systemctl disable --quiet "$package" ;;
      nginx-light) systemctl disable --quiet nginx ;;
    esac
  done
}

ensure_node() {
  local how="https://nodejs.org/en/download" version
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    may_install "Node.js $NODE_AT_LEAST or newer and npm are missing" "get them from $how"
    install_node
  fi
  version=$(node --version)
  at_least "$NODE_AT_LEAST" "${version#v}" || die "Node.js is $version, want $NODE_AT_LEAST or newer, and what is there is left alone; $how"
}

# Debian's where it is new enough (13 has 20.19), else NodeSource's, which holds npm
install_node() {
  local offered packages=(npm)
  apt-get update -qq
  offered=$(apt-cache policy nodejs | sed -n 's/^ *Candidate: //p')
  command -v node >/dev/null || packages+=(nodejs)
  if at_least "$NODE_AT_LEAST" "${offered#*:}"; then
    log "installing Node.js $offered and npm from this distribution"
  else
    log "installing Node.js from $NODE_REPOSITORY, since this distribution has ${offered:-none}"
    add_repository nodesource "$NODE_REPOSITORY" nodistro "$NODE_KEY_FILE" "$NODE_KEY"
    packages=(nodejs)
  fi
  apt_install "${packages[@]}"
}

# add_repository NAME URL SUITE KEY_FILE FINGERPRINT: packages from there count if that key has signed them
add_repository() {
  local name=$1 url=$2 suite=$3 key_file=$4 fingerprint=$5 folder
  if ! command -v curl >/dev/null || ! command -v gpg >/dev/null || [[ ! -e /etc/ssl/certs/ca-certificates.crt ]]; then
    apt_install ca-certificates curl gpg
  fi
  folder=$(mktemp --directory)
  curl --fail --silent --show-error --location --retry 4 --max-time 60 --output "$folder/keys" "$key_file" ||
    die "cannot download the key of $url from $key_file; nothing was installed from there"
  gpg_in "$folder" --import "$folder/keys" 2>/dev/null || true
  # That key alone, whatever else the file holds
  gpg_in "$folder" --armor --export "$fingerprint" >"$folder/key"
  [[ -s $folder/key ]] || die "$key_file does not hold the key $fingerprint; nothing was installed from $url"
  {
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By:\n' "$url" "$suite"
    sed 's/^$/./; s/^/ /' "$folder/key"
  } >"$folder/sources"
  install -m 0644 "$folder/sources" "$(apt_folder sourceparts)/$name.sources"
  rm -r "$folder"
  apt-get update -qq
}

gpg_in() {
  local home=$1
  shift
  gpg --batch --quiet --no-autostart --homedir "$home" --no-default-keyring --keyring "$home/keyring.gpg" "$@"
}

# at_least WANTED FOUND
at_least() {
  printf '%s\n%s\n' "$1" "$2" | sort --check=quiet --version-sort
}

install_node_modules() {
  [[ node_modules/.package-lock.json -nt package-lock.json ]] && return 0
  log 'npm ci'
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
}

ensure_terraform() {
  local how='https://developer.hashicorp.com/terraform/install (one file: unpack it into /usr/local/bin)' suite version
  if ! command -v terraform >/dev/null; then
    may_install "Terraform $TERRAFORM_AT_LEAST or newer is missing" "get it from $how"
    suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    log "installing Terraform from $TERRAFORM_REPOSITORY ($suite)"
    add_repository hashicorp "$TERRAFORM_REPOSITORY" "$suite" "$TERRAFORM_KEY_FILE" "$TERRAFORM_KEY"
    apt_install terraform
  fi
  version=$(CHECKPOINT_DISABLE=1 terraform version -json 2>/dev/null | sed -n 's/.*"terraform_version": "\([0-9.]*\).*/\1/p')
  at_least "$TERRAFORM_AT_LEAST" "$version" ||
    die "Terraform is $version, want $TERRAFORM_AT_LEAST or newer (ephemeral variables), and what is there is left alone; $how"
}

main() {
  cd "$(dirname "$0")/.."
  case ${1:-all} in
    all | bench)
      ensure_node
      install_node_modules
      install_packages "${NEEDED[@]}"
      ensure_terraform
      [[ ${1:-all} == all ]] || install_packages "${COMPARED[@]}"
      ;;
    node)
      ensure_node
      install_node_modules
      ;;
    terraform) ensure_terraform ;;
    *) die "usage: lab/setup.sh [bench|node|terraform]" ;;
  esac
}

main "$@"

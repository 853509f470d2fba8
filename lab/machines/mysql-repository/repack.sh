#!/usr/bin/env bash
# Makes packages as Oracle's of Debian unstable's MySQL: their names, split, files, unit and maintainer scripts. Called by repository.ts.
#
#   repack.sh POOL      the packages go into the folder POOL
#
# LAB_PROXY  URL of a proxy at which Debian's mirror is what it is in the lab: lab/names/mirror.ts
set -euo pipefail

readonly MIRROR=http://deb.debian.org/debian
PACKAGE_FILES=$(cd "$(dirname "$0")" && pwd)/package
readonly PACKAGE_FILES
readonly DEBIANS=(mysql-server mysql-server-core mysql-client mysql-client-core)
# Of these unstable has newer ones than Debian 13. As Oracle does with some of them, they lie beside mysqld, where nothing else finds them
readonly PRIVATE_LIBRARIES='^lib(icu|stdc\+\+|gcc-s|protobuf|google-perftools|tcmalloc)'
readonly PRIVATE=usr/lib/mysql/private
# Oracle's clients of these names are in mysql-community-client; mysql itself is in -client-core
readonly CORE_CLIENT=usr/bin/mysql

main() {
  POOL=$1
  WORK=$(mktemp --directory)
  readonly POOL WORK
  trap 'rm -rf "$WORK"' EXIT
  chmod 0755 "$WORK"
  mkdir -p "$POOL" "$WORK/downloads" "$WORK/debian" "$WORK/built"
  use_unstable
  fetch "${DEBIANS[@]}"
  UPSTREAM=$(dpkg-deb --field "$WORK"/downloads/mysql-server-core_*.deb Version | sed 's/-.*//')
  readonly UPSTREAM VERSION=$UPSTREAM-1debian13
  SHARE=usr/share/mysql-$(cut -d . -f 1,2 <<<"$UPSTREAM")
  readonly SHARE
  local depends
  depends=$(dpkg-deb --field "$WORK"/downloads/mysql-server-core_*.deb Depends)
  mapfile -t libraries < <(names_of "$depends" | grep -E "$PRIVATE_LIBRARIES" && printf 'libtcmalloc-minimal4t64\n')
  fetch "${libraries[@]}"
  client_plugins
  client_core
  client
  server_core "$depends"
  common
  server
  metapackage mysql-client mysql-community-client
  metapackage mysql-server mysql-community-server
}

# An apt of its own: the host's sources and packages have no say
use_unstable() {
  mkdir -p "$WORK"/apt/{etc,lists/partial,cache/archives/partial,preferences.d,apt.conf.d}
  printf 'deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s sid main\n' "$MIRROR" >"$WORK/apt/etc/sources.list"
  : >"$WORK/apt/status"
  apt update
}

apt() {
  apt-get -qq -o "Acquire::http::Proxy=$LAB_PROXY" -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none \
    -o APT::Architecture=amd64 -o APT::Sandbox::User=root -o Dir::Etc::SourceList="$WORK/apt/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::PreferencesParts="$WORK/apt/preferences.d" -o Dir::State::Lists="$WORK/apt/lists" -o Dir::State::status="$WORK/apt/status" \
    -o Dir::Cache="$WORK/apt/cache" "$@"
}

# fetch PACKAGE...: unpacked below $WORK/debian, each in a folder of its name
fetch() {
  local name
  (cd "$WORK/downloads" && apt download "$@")
  for name in "$@"; do
    dpkg-deb --extract "$WORK/downloads/${name}"_*.deb "$WORK/debian/$name"
  done
}

names_of() {
  tr ',' '\n' <<<"$1" | sed 's/^ *//; s/[ (:].*//'
}

# begin PACKAGE: the folder of a new package
begin() {
  ROOT=$WORK/built/$1
  mkdir -p "$ROOT/DEBIAN"
}

# take FROM PATH...: moves what Debian's package FROM has there, as far as it is there
take() {
  local from=$WORK/debian/$1 path
  shift
  for path in "$@"; do
    (cd "$from" && find . -path "./$path" ! -type d -print0) | while IFS= read -r -d '' path; do
      mkdir -p "$ROOT/$(dirname "$path")"
      mv "$from/$path" "$ROOT/$path"
    done
  done
}

# finish PACKAGE DEPENDS [FIELD...]
finish() {
  local name=$1 depends=$2
  shift 2
  use_private_libraries
  {
    printf '%s\n' "Package: $name" "Source: mysql-community" "Version: $VERSION" 'Architecture: amd64' 'Maintainer: Scale Up lab <root@localhost>' \
      'Section: database' 'Priority: optional' "Depends: $depends" "$@"
    printf 'Description: %s as in the apt repository of Oracle\n made of the packages of Debian unstable for the lab\n' "$name"
  } >"$ROOT/DEBIAN/control"
  # Quick to make; unpacking takes as long as with what Debian and Oracle use
  dpkg-deb -Zxz -z1 --root-owner-group --build "$ROOT" "$POOL" >/dev/null
}

# Not RUNPATH: of plugins, too, the libraries are looked for where mysqld says
use_private_libraries() {
  local program
  for program in "$ROOT"/usr/bin/* "$ROOT"/usr/sbin/*; do
    [[ -f $program && ! -L $program && $(head -c 4 "$program") == $'\x7fELF' ]] || continue
    patchelf --force-rpath --set-rpath "/$PRIVATE" "$program"
  done
}

client_plugins() {
  local library
  begin mysql-community-client-plugins
  take mysql-client-core 'usr/lib/mysql/plugin/*'
  mkdir -p "$ROOT/$PRIVATE"
  for library in "${libraries[@]}"; do
    find "$WORK/debian/$library/usr/lib" -name 'lib*.so.*' ! -name '*debug*' ! -name '*profiler*' ! -name '*.py' -exec mv -t "$ROOT/$PRIVATE" {} +
  done
  # The libraries find one another
  find "$ROOT/$PRIVATE" -type f -exec patchelf --force-rpath --set-rpath "/$PRIVATE" {} +
  finish mysql-community-client-plugins 'libc6 (>= 2.38), libunwind8, zlib1g'
}

client_core() {
  local depends
  depends=$(kept_dependencies "$(dpkg-deb --field "$WORK"/downloads/mysql-client-core_*.deb Depends)")
  begin mysql-community-client-core
  take mysql-client-core "$CORE_CLIENT"
  finish mysql-community-client-core "mysql-community-client-plugins (= $VERSION), $depends"
}

client() {
  begin mysql-community-client
  take mysql-client-core 'usr/bin/*'
  take mysql-client 'usr/bin/*'
  finish mysql-community-client "mysql-common (>= $VERSION), mysql-community-client-core (= $VERSION)" 'Conflicts: mysql-client-core' 'Replaces: mysql-client-core'
}

# Without what lies beside mysqld
kept_dependencies() {
  local dependency
  tr ',' '\n' <<<"$1" | sed 's/^ *//' | while read -r dependency; do
    grep -qE "$PRIVATE_LIBRARIES" <<<"$dependency" || printf '%s, ' "$dependency"
  done | sed 's/, $//'
}

server_core() {
  begin mysql-community-server-core
  take mysql-server-core 'usr/bin/*' 'usr/sbin/*' 'usr/lib/mysql/plugin/*' 'usr/share/mysql/*'
  mv "$ROOT/usr/share/mysql" "$ROOT/$SHARE"
  # What Debian has built in
  ln -s "${SHARE##*/}" "$ROOT/usr/share/mysql"
  finish mysql-community-server-core "mysql-community-client-plugins (= $VERSION), $(kept_dependencies "$1")" 'Conflicts: mysql-server-core' 'Replaces: mysql-server-core'
}

common() {
  begin mysql-common
  install -D -m 0644 "$PACKAGE_FILES/conf.d-mysql.cnf" "$ROOT/etc/mysql/conf.d/mysql.cnf"
  install -D -m 0644 "$PACKAGE_FILES/my.cnf.fallback" "$ROOT/etc/mysql/my.cnf.fallback"
  install -m 0755 "$PACKAGE_FILES/mysql-common.postinst" "$ROOT/DEBIAN/postinst"
  printf '%s\n' /etc/mysql/conf.d/mysql.cnf /etc/mysql/my.cnf.fallback >"$ROOT/DEBIAN/conffiles"
  finish mysql-common 'debconf (>= 0.2.17)' 'Multi-Arch: foreign'
}

server() {
  local script
  begin mysql-community-server
  install -D -m 0644 "$PACKAGE_FILES/mysql.cnf" "$ROOT/etc/mysql/mysql.cnf"
  install -D -m 0644 "$PACKAGE_FILES/mysqld.cnf" "$ROOT/etc/mysql/mysql.conf.d/mysqld.cnf"
  printf '%s\n' /etc/mysql/mysql.cnf /etc/mysql/mysql.conf.d/mysqld.cnf >"$ROOT/DEBIAN/conffiles"
  install -d "$ROOT/$SHARE" "$ROOT/usr/lib/systemd/system"
  install -m 0755 "$PACKAGE_FILES/mysql-systemd-start" "$ROOT/$SHARE/mysql-systemd-start"
  install -m 0644 "$PACKAGE_FILES/mysql-helpers" "$ROOT/$SHARE/mysql-helpers"
  sed "s|@SHARE@|/$SHARE|" "$PACKAGE_FILES/mysql.service" >"$ROOT/usr/lib/systemd/system/mysql.service"
  for script in config preinst postinst prerm; do
    install -m 0755 "$PACKAGE_FILES/mysql-community-server.$script" "$ROOT/DEBIAN/$script"
  done
  sed --in-place "s|@SHARE@|/$SHARE|" "$ROOT/DEBIAN/postinst" "$ROOT/$SHARE/mysql-systemd-start"
  install -m 0644 "$PACKAGE_FILES/mysql-community-server.templates" "$ROOT/DEBIAN/templates"
  finish mysql-community-server "mysql-common (>= $VERSION), mysql-client (= $VERSION), mysql-community-server-core (= $VERSION), perl, psmisc" \
    'Pre-Depends: debconf (>= 0.2.17), adduser' 'Provides: virtual-mysql-server'
}

metapackage() {
  begin "$1"
  finish "$1" "$2 (= $VERSION)"
}

main "$@"

#!/usr/bin/env bash
# offer-mysql.sh VERSION: offers this machine the mirror's MySQL once more, in packages of that version
set -euo pipefail

readonly REPOSITORY=/var/lib/offered-mysql
readonly LIST=/etc/apt/sources.list.d/offered-mysql.list
readonly SUITE=sid
readonly INDEX=main/binary-amd64/Packages

# repack DEB VERSION
repack() {
  local folder before
  folder=$(mktemp --directory)
  before=$(dpkg-deb --field "$1" Version)
  dpkg-deb --raw-extract "$1" "$folder"
  sed --in-place "s/${before//./\\.}/$2/g" "$folder/DEBIAN/control"
  # Uncompressed, for time
  dpkg-deb -Znone --build "$folder" "$REPOSITORY/pool" >/dev/null
  rm -r "$folder"
}

describe() {
  dpkg-deb --field "$1"
  printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "${1#"$REPOSITORY"/}" "$(stat --format %s "$1")" "$(sha256sum "$1" | cut -d ' ' -f 1)"
}

index() {
  local deb
  for deb in "$REPOSITORY"/pool/*.deb; do
    describe "$deb"
  done
}

release() {
  printf 'Suite: unstable\nCodename: %s\nComponents: main\nArchitectures: amd64\nSHA256:\n' "$SUITE"
  printf ' %s %s %s\n' "$(sha256sum "$1" | cut -d ' ' -f 1)" "$(stat --format %s "$1")" "$INDEX"
}

# The packages that have the server's version, as the mirror has them: what is installed may be an offer from before
download() {
  rm -f "$LIST"
  apt-get -qq update
  dpkg-query --show --showformat='${Package} ${Version}\n' 'mysql-*' |
    awk -v version="$(dpkg-query --show --showformat='${Version}' mysql-server)" -v suite="$SUITE" '$2 == version { print $1 "/" suite }' |
    xargs apt-get -qq download
}

main() {
  local version=$1 downloads deb dist=$REPOSITORY/dists/$SUITE
  downloads=$(mktemp --directory)
  chown _apt "$downloads"
  cd "$downloads"
  download
  rm -rf "$REPOSITORY"
  install -d "$REPOSITORY/pool" "$dist/${INDEX%/*}"
  for deb in *.deb; do
    repack "$deb" "$version"
  done
  rm -r "$downloads"
  index >"$dist/$INDEX"
  release "$dist/$INDEX" >"$dist/Release"
  printf 'deb [trusted=yes] file:%s %s main\n' "$REPOSITORY" "$SUITE" >"$LIST"
}

main "$@"

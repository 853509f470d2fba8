#!/usr/bin/env bash
# What one lab's machines see as https://repo.mysql.com/: FOLDER/site. The keys that sign are beside it, in FOLDER/keys. Called by repository.ts.
#
#   site.sh publish FOLDER POOL      with the packages in POOL and no others, and with keys as Oracle's are; FOLDER/fingerprint tells the right one's
#   site.sh keys FOLDER STATE        which keys the key files hold, and which one has signed
#             renewed    RPM-GPG-KEY-mysql-2023 as it expired, RPM-GPG-KEY-mysql-2025 with a later end: as at Oracle
#             expired    both as they expired
#             foreign    both another key, which has signed, too
#   site.sh offer FOLDER VERSION     besides, the packages that are there once more, in this version
set -euo pipefail

readonly SUITE=trixie
# Of 8.4 there are no packages: see README.md
readonly COMPONENTS=(mysql-8.4-lts mysql-9.7-lts mysql-tools)
readonly SERVER_COMPONENT=mysql-9.7-lts
readonly POOL_FOLDER=pool/$SUITE/$SERVER_COMPONENT/m/mysql-community
readonly OWN='MySQL Release Engineering (lab) <mysql-build@example.test>'
readonly FOREIGN='Somebody else <somebody@example.test>'

publish() {
  local pool=$1
  rm -rf "${APT:?}/$POOL_FOLDER"
  mkdir -p "$APT/$POOL_FOLDER"
  # Links: all labs share the packages
  ln "$pool"/*.deb "$APT/$POOL_FOLDER"
  index
  keys renewed
  fingerprint >"$SITE/../fingerprint"
}

keys() {
  [[ -d $GNUPGHOME ]] || make_keys
  case $1 in
    renewed) show_keys expired.gpg renewed.gpg && sign "$OWN" ;;
    expired) show_keys expired.gpg expired.gpg && sign "$OWN" ;;
    foreign) show_keys foreign.gpg foreign.gpg && sign "$FOREIGN" ;;
    *) usage ;;
  esac
}

show_keys() {
  cp "$GNUPGHOME/$1" "$SITE/RPM-GPG-KEY-mysql-2023"
  cp "$GNUPGHOME/$2" "$SITE/RPM-GPG-KEY-mysql-2025"
  chmod 0644 "$SITE"/RPM-GPG-KEY-*
}

# The own key was to end a month ago, and got another year
make_keys() {
  local made
  made=$(date --utc --date '3 years ago' +%Y%m%dT%H%M%S)
  install -d -m 0700 "$GNUPGHOME"
  quietly gpg --faked-system-time "$made" --quick-generate-key "$OWN" ed25519 sign "$(date --utc --date '1 month ago' +%Y-%m-%d)"
  gpg --armor --export "$OWN" >"$GNUPGHOME/expired.gpg"
  quietly gpg --quick-set-expire "$(fingerprint)" 1y
  gpg --armor --export "$OWN" >"$GNUPGHOME/renewed.gpg"
  quietly gpg --quick-generate-key "$FOREIGN" ed25519 sign 1y
  gpg --armor --export "$FOREIGN" >"$GNUPGHOME/foreign.gpg"
}

gpg() {
  command gpg --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' "$@"
}

# gpg says what it does, as if that were a mistake
quietly() {
  local said
  said=$("$@" 2>&1) || {
    printf '%s\n' "$said" >&2
    return 1
  }
}

fingerprint() {
  gpg --with-colons --list-keys "$OWN" | awk -F : '/^fpr/ { print $10; exit }'
}

sign() {
  local release=$APT/dists/$SUITE
  rm -f "$release/InRelease" "$release/Release.gpg"
  quietly gpg --local-user "$1" --clearsign --output "$release/InRelease" "$release/Release"
  quietly gpg --local-user "$1" --armor --detach-sign --output "$release/Release.gpg" "$release/Release"
}

index() {
  local component folder file
  rm -rf "$APT/dists"
  for component in "${COMPONENTS[@]}"; do
    folder=$APT/dists/$SUITE/$component/binary-amd64
    mkdir -p "$folder"
    : >"$folder/Packages"
    [[ $component != "$SERVER_COMPONENT" ]] || describe "$APT/$POOL_FOLDER"/*.deb >"$folder/Packages"
    gzip --keep --no-name "$folder/Packages"
  done
  cd "$APT/dists/$SUITE"
  {
    printf '%s\n' 'Origin: MySQL' "Suite: $SUITE" "Codename: $SUITE" "Date: $(date --utc -R)" 'Architectures: amd64' "Components: ${COMPONENTS[*]}" 'SHA256:'
    for file in */binary-amd64/*; do
      printf ' %s %s %s\n' "$(sha256sum "$file" | cut -d ' ' -f 1)" "$(stat --format %s "$file")" "$file"
    done
  } >Release
}

# describe DEB...
describe() {
  local deb
  for deb in "$@"; do
    dpkg-deb --field "$deb"
    printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "${deb#"$APT"/}" "$(stat --format %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
  done
}

offer() {
  local deb
  for deb in "$APT/$POOL_FOLDER"/*-1debian13_amd64.deb; do
    repack "$deb" "$1"
  done
  index
  sign "$OWN"
}

# repack DEB VERSION
repack() {
  local folder before
  folder=$(mktemp --directory)
  before=$(dpkg-deb --field "$1" Version)
  dpkg-deb --raw-extract "$1" "$folder"
  sed --in-place "s/${before//./\\.}/$2/g" "$folder/DEBIAN/control"
  # Uncompressed, for time
  dpkg-deb -Znone --root-owner-group --build "$folder" "$APT/$POOL_FOLDER" >/dev/null
  rm -r "$folder"
}

usage() {
  printf 'usage: site.sh publish FOLDER POOL | keys FOLDER renewed|expired|foreign | offer FOLDER VERSION\n' >&2
  exit 2
}

main() {
  (($# == 3)) || usage
  readonly SITE=$2/site
  readonly APT=$SITE/apt/debian
  export GNUPGHOME=$2/keys
  trap 'gpgconf --kill all' EXIT
  case $1 in
    publish | keys | offer) "$1" "$3" ;;
    *) usage ;;
  esac
}

main "$@"

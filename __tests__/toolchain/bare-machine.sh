#!/usr/bin/env bash
# Runs lab/setup.sh as on a machine without Node.js and Terraform: on a throw-away copy of this one, in a mount namespace of its own. The
# package repositories are stand-ins, made here: their packages hold scripts that only tell a version.
#   bare-machine.sh DEBIANS_NODE WHAT...   version of Node.js in the distribution; arguments of lab/setup.sh, run one after another. Needs root.
#   KEY is the fingerprint that is wanted of the repositories of others. Default: that of the key that has signed there
set -euo pipefail

# An empty folder, the same in both runs of this script
export WORK=${WORK:-$(mktemp --directory)}
readonly MACHINE=$WORK/machine
# Where the copy of the machine sees WORK/shared
readonly SHARED=/mnt

# package REPOSITORY NAME VERSION PROGRAM... : each program prints what stands after its =
package() {
  local repository=$1 name=$2 version=$3 program folder=$WORK/package
  shift 3
  rm -rf "$folder"
  mkdir -p "$folder/DEBIAN" "$folder/usr/bin" "$WORK/shared/$repository/pool"
  printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: test <test@example.test>\nDescription: stand-in\n' \
    "$name" "$version" >"$folder/DEBIAN/control"
  for program in "$@"; do
    printf "#!/bin/sh\n%s\n" "${program#*=}" >"$folder/usr/bin/${program%%=*}"
    chmod 0755 "$folder/usr/bin/${program%%=*}"
  done
  dpkg-deb --root-owner-group --build "$folder" "$WORK/shared/$repository/pool/${name}_$version.deb" >/dev/null
}

# publish REPOSITORY SUITE
publish() {
  local folder=$WORK/shared/$1 index
  index=main/binary-$(dpkg --print-architecture)/Packages
  mkdir -p "$folder/dists/$2/$(dirname "$index")"
  (cd "$folder" && dpkg-scanpackages --multiversion pool 2>/dev/null >"dists/$2/$index")
  cd "$folder/dists/$2"
  printf 'Suite: %s\nCodename: %s\nComponents: main\nArchitectures: %s\nDate: %s\nSHA256:\n %s %s %s\n' "$2" "$2" "$(dpkg --print-architecture)" \
    "$(LC_ALL=C date --utc --rfc-email)" "$(sha256sum "$index" | cut -d ' ' -f 1)" "$(stat --format %s "$index")" "$index" >Release
  gpg --batch --quiet --yes --clearsign --output InRelease Release
  cd - >/dev/null
}

repositories() {
  local codename node=$1
  local npm='npm=mkdir -p node_modules && touch node_modules/.package-lock.json'
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  export GNUPGHOME=$WORK/keys
  install -d -m 0700 "$GNUPGHOME"
  gpg --batch --quiet --passphrase '' --quick-generate-key 'test <test@example.test>' ed25519 sign 1d 2>/dev/null
  gpg --armor --export >"$WORK/shared/key.asc"
  package debian nodejs "$node" "node=echo v$node"
  package debian npm 9.2.0 "$npm"
  package nodesource nodejs 24.99.0-1nodesource1 'node=echo v24.99.0' "$npm"
  package hashicorp terraform 1.99.0-1 'terraform=echo '"'"'  "terraform_version": "1.99.0",'"'"
  publish debian stable
  publish nodesource nodistro
  publish hashicorp "$codename"
}

# All that it changes is gone with the namespace
copy_of_machine() {
  mount -t tmpfs -o mode=0755 none "$WORK"
  mkdir -p "$WORK/upper" "$WORK/work" "$MACHINE" "$WORK/shared/project/lab"
  mount -t overlay -o "lowerdir=/,upperdir=$WORK/upper,workdir=$WORK/work" overlay "$MACHINE"
  mount --rbind /proc "$MACHINE/proc"
  mount --rbind /dev "$MACHINE/dev"
  mount -t tmpfs none "$MACHINE/tmp"
  mount -t tmpfs none "$MACHINE/run"
  mount --bind "$WORK/shared" "$MACHINE$SHARED"
  cp lab/setup.sh "$WORK/shared/project/lab"
  touch "$WORK/shared/project/package-lock.json"
}

# Debian, and nothing else
without_programs() {
  rm -f "$MACHINE"/usr/{,local/}bin/{node,npm,npx,terraform}
  chroot "$MACHINE" dpkg --remove --force-all nodejs npm terraform >/dev/null 2>&1 || true
  rm -rf "$MACHINE"/etc/apt/sources.list{,.d/*}
  printf 'deb [signed-by=%s/key.asc] file://%s/debian stable main\n' "$SHARED" "$SHARED" >"$MACHINE/etc/apt/sources.list"
}

main() {
  local debians_node=$1 what key
  shift
  cd "$(dirname "$0")/../.."
  copy_of_machine
  repositories "$debians_node"
  without_programs
  key=${KEY:-$(gpg --list-keys --with-colons | awk -F : '/^fpr/ { print $10; exit }')}
  for what in "$@"; do
    chroot "$MACHINE" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      NODE_REPOSITORY="file://$SHARED/nodesource" NODE_KEY_FILE="file://$SHARED/key.asc" NODE_KEY="$key" \
      TERRAFORM_REPOSITORY="file://$SHARED/hashicorp" TERRAFORM_KEY_FILE="file://$SHARED/key.asc" TERRAFORM_KEY="$key" \
      "$SHARED/project/lab/setup.sh" "$what"
  done
}

if [[ -n ${IN_NAMESPACE:-} ]]; then
  main "$@"
else
  trap 'rmdir "$WORK"' EXIT
  IN_NAMESPACE=yes unshare --mount --pid --fork -- "$0" "$@"
fi

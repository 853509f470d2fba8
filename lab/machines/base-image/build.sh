#!/usr/bin/env bash
# Builds the root file system that every machine of the lab is an overlay of: Debian 13 as Hetzner's image would be,
# as far as a container can be that. Called by image.ts.
#
#   build.sh ROOT
#
# LAB_PROXY  URL of a proxy through which the names of the lab's Internet lead where they do in the lab: lab/names/mirror.ts
# LAB_CA     certificate of the CA that the lab's Internet has
set -euo pipefail

# As in Hetzner's images
readonly MIRROR=http://mirror.hetzner.com/debian/packages
RECIPE=$(cd "$(dirname "$0")" && pwd)
readonly RECIPE

# What a Hetzner image has and the minimal Debian lacks
readonly PACKAGES=(
  systemd systemd-sysv dbus libpam-systemd openssh-server sudo gpg ca-certificates curl iproute2 iputils-ping nftables procps e2fsprogs kmod
  less nano-tiny netbase tzdata python3
)
# Asked for by the roles: their packages are fetched once, while the image is built, so that the first deploy need not wait
# for the Internet nine times. They are installed by the provisioning scripts, on each machine.
readonly FETCHED_AHEAD=(haproxy keepalived nginx nodejs unattended-upgrades xfsprogs socat jq)
readonly FETCHED_AHEAD_FROM_SID=(mysql-server mysql-client)

phase() { printf '@phase %s\n' "$*"; }

inside() {
  local root=$1
  shift
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

unpack_debian() {
  local root=$1
  local include=${PACKAGES[*]}
  http_proxy=$LAB_PROXY debootstrap --variant=minbase --include="${include// /,}" trixie "$root" "$MIRROR"
}

copy_settings() {
  local root=$1
  cp -r --no-preserve=ownership "$RECIPE/rootfs/." "$root/"
  find "$root/etc/apt" -type f -exec chmod 0644 {} +
  cp "$RECIPE/debian.sources" "$RECIPE/sid-all.sources" "$root/etc/apt/sources.list.d/"
  cp "$RECIPE/sid-mirrors.list" "$root/etc/apt/"
  rm -f "$root/etc/apt/sources.list"
}

# Stands for the public CAs, whose list comes with the image
trust_the_labs_internet() {
  local root=$1
  cp "$LAB_CA" "$root/usr/local/share/ca-certificates/lab-internet.crt"
  inside "$root" update-ca-certificates
}

# Units that make no sense in a container, and timers that would work at moments nobody chose
mask_units() {
  local root=$1
  inside "$root" systemctl mask systemd-modules-load.service systemd-udevd.service systemd-udev-trigger.service \
    systemd-remount-fs.service systemd-firstboot.service systemd-resolved.service getty.target console-getty.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer logrotate.timer man-db.timer
  inside "$root" systemctl enable ssh.service lab-ssh-host-key.service lab-first-boot.service
}

# Nothing that has to differ from machine to machine may be in the image
forget_identity() {
  local root=$1
  rm -f "$root"/etc/ssh/ssh_host_*
  : >"$root/etc/machine-id"
  rm -f "$root/var/lib/dbus/machine-id"
  : >"$root/etc/resolv.conf"
  printf 'debian\n' >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"
  mkdir -p "$root/root/.ssh" "$root/var/log/journal"
  chmod 0700 "$root/root/.ssh"
}

apt_in() {
  local root=$1
  shift
  inside "$root" apt-get -o "Acquire::http::Proxy=$LAB_PROXY" -qq -y "$@"
}

refresh_package_lists() {
  local root=$1
  apt_in "$root" update
  keep_of_sid_what_mysql_needs "$root"
  apt_in "$root" update
}

# All of sid costs every apt-get on every machine a second of a core. What is kept: packages of sid that an installation of
# MySQL takes from there. Their files still come from the mirror, see sid-mirrors.list.
keep_of_sid_what_mysql_needs() {
  local root=$1 sid=$1/var/lib/lab/sid/dists/sid
  local index=main/binary-amd64/Packages
  mkdir -p "$sid/${index%/*}"
  apt_in "$root" --simulate -t sid install "${FETCHED_AHEAD_FROM_SID[@]}" |
    sed -n 's/^Inst \([^ ]*\) .*Debian:unstable.*/\1/p' >"$root/tmp/kept"
  inside "$root" /usr/lib/apt/apt-helper cat-file "/var/lib/apt/lists/$(list_of_sid "$root")" |
    awk -v kept="$root/tmp/kept" 'BEGIN { while ((getline name <kept) > 0) wanted["Package: " name] = 1
      RS = ""; FS = "\n"; ORS = "\n\n" } wanted[$1]' >"$sid/$index"
  grep -q '^Package: mysql-server$' "$sid/$index"
  {
    printf '%s\n' 'Origin: Debian' 'Suite: unstable' 'Codename: sid' 'Architectures: amd64' 'Components: main' "Date: $(date -u -R)" 'SHA256:'
    printf ' %s %s %s\n' "$(sha256sum <"$sid/$index" | cut -d ' ' -f 1)" "$(stat --format %s "$sid/$index")" "$index"
  } >"$sid/Release"
  rm "$root/tmp/kept" "$root"/etc/apt/sources.list.d/sid-all.sources "$root"/var/lib/apt/lists/*_sid_*
  cp "$RECIPE/sid.sources" "$root/etc/apt/sources.list.d/"
}

list_of_sid() {
  (cd "$1/var/lib/apt/lists" && printf '%s' *_sid_main_binary-amd64_Packages)
}

fetch_ahead() {
  local root=$1
  apt_in "$root" --download-only install "${FETCHED_AHEAD[@]}"
  apt_in "$root" --download-only --no-install-recommends install "${FETCHED_AHEAD[@]}"
  apt_in "$root" --download-only -t sid install "${FETCHED_AHEAD_FROM_SID[@]}"
  apt_in "$root" clean
}

main() {
  local root=$1
  phase 'unpack Debian 13'
  unpack_debian "$root"
  phase 'settings'
  copy_settings "$root"
  trust_the_labs_internet "$root"
  mask_units "$root"
  phase 'package lists'
  refresh_package_lists "$root"
  phase 'fetch the packages of the roles'
  fetch_ahead "$root"
  forget_identity "$root"
}

main "$@"

#!/usr/bin/env bash
# Builds the root file system that every machine of the lab is an overlay of: Debian 13 as Hetzner's image would be,
# as far as a container can be that. Called by image.ts.
#
#   build.sh ROOT
#
# LAB_MIRROR         Debian mirror, default http://deb.debian.org/debian
# LAB_PACKAGE_CACHE  URL of the package cache as seen from here
set -euo pipefail

readonly MIRROR=${LAB_MIRROR:-http://deb.debian.org/debian}
RECIPE=$(cd "$(dirname "$0")" && pwd)
readonly RECIPE
# On the network that the machines see; see network.ts
readonly CACHE_IN_LAB=http://198.51.100.20:3142

# What a Hetzner image has and the minimal Debian lacks
readonly PACKAGES=(
  systemd systemd-sysv dbus libpam-systemd openssh-server sudo gpg ca-certificates curl iproute2 iputils-ping nftables procps e2fsprogs kmod
  less nano-tiny netbase tzdata
)
# Asked for by the roles: their packages are fetched once, while the image is built, so that the first deploy need not wait
# for the Internet nine times. They are installed by the provisioning scripts, on each machine.
readonly FETCHED_AHEAD=(haproxy keepalived nginx nodejs xfsprogs socat jq)
readonly FETCHED_AHEAD_FROM_SID=(mysql-server)

phase() { printf '@phase %s\n' "$*"; }

inside() {
  local root=$1
  shift
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

unpack_debian() {
  local root=$1
  local include=${PACKAGES[*]}
  http_proxy=${LAB_PACKAGE_CACHE:-} debootstrap --variant=minbase --include="${include// /,}" trixie "$root" "$MIRROR"
}

copy_settings() {
  local root=$1
  cp -r --no-preserve=ownership "$RECIPE/rootfs/." "$root/"
  find "$root/etc/apt" -type f -exec chmod 0644 {} +
  sed "s|@MIRROR@|$MIRROR|" "$RECIPE/debian.sources" >"$root/etc/apt/sources.list.d/debian.sources"
  rm -f "$root/etc/apt/sources.list"
  printf 'Acquire::http::Proxy "%s";\n' "$CACHE_IN_LAB" >"$root/etc/apt/apt.conf.d/20lab-proxy"
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

refresh_package_lists() {
  local root=$1
  inside "$root" apt-get -o "Acquire::http::Proxy=${LAB_PACKAGE_CACHE:-DIRECT}" -q update
}

fetch_ahead() {
  local root=$1
  local apt=(apt-get -o "Acquire::http::Proxy=${LAB_PACKAGE_CACHE:-DIRECT}" -qq -y --download-only)
  inside "$root" "${apt[@]}" install "${FETCHED_AHEAD[@]}"
  inside "$root" "${apt[@]}" --no-install-recommends install "${FETCHED_AHEAD[@]}"
  inside "$root" "${apt[@]}" -t sid install "${FETCHED_AHEAD_FROM_SID[@]}"
  inside "$root" apt-get clean
}

main() {
  local root=$1
  phase 'unpack Debian 13'
  unpack_debian "$root"
  phase 'settings'
  copy_settings "$root"
  mask_units "$root"
  phase 'package lists'
  refresh_package_lists "$root"
  phase 'fetch the packages of the roles'
  fetch_ahead "$root"
  forget_identity "$root"
}

main "$@"

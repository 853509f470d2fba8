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
# What MySQL's packages need of Debian; they themselves are on this machine: lab/machines/mysql-repository
readonly FETCHED_AHEAD_FOR_MYSQL=(libaio1t64 libcurl4t64 libfido2-1 libmecab2 libnuma1 libtirpc3t64 libunwind8 perl psmisc)

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
  cp "$RECIPE/debian.sources" "$root/etc/apt/sources.list.d/"
  rm -f "$root/etc/apt/sources.list"
}

# Stands for the public CAs, whose list comes with the image
trust_the_labs_internet() {
  local root=$1
  cp "$LAB_CA" "$root/usr/local/share/ca-certificates/lab-internet.crt"
  inside "$root" update-ca-certificates
}

# Units that make no sense in a container, and timers that would work at moments nobody chose. Those of apt are left to the platform
mask_units() {
  local root=$1
  inside "$root" systemctl mask systemd-modules-load.service systemd-udevd.service systemd-udev-trigger.service \
    systemd-remount-fs.service systemd-firstboot.service systemd-resolved.service getty.target console-getty.service \
    dpkg-db-backup.timer e2scrub_all.timer fstrim.timer logrotate.timer man-db.timer
  inside "$root" systemctl enable ssh.service lab-ssh-host-key.service lab-first-boot.service \
    lab-private-interfaces.path lab-private-interfaces.service
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
}

fetch_ahead() {
  local root=$1
  apt_in "$root" --download-only install "${FETCHED_AHEAD[@]}"
  apt_in "$root" --download-only --no-install-recommends install "${FETCHED_AHEAD[@]}" "${FETCHED_AHEAD_FOR_MYSQL[@]}"
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

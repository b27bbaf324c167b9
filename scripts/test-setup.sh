#!/bin/sh
# Installs from Debian what the tests use and this machine lacks, when it may (root, apt-get). What it may not install is
# named, and the tests that need it skip.
set -eu

need() {
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"
}

missing=
need runc runc
need crun crun
need slirp4netns slirp4netns
need newuidmap uidmap
need skopeo skopeo
need umoci umoci
need docker-registry docker-registry
need busybox busybox-static
need debootstrap debootstrap
need xz xz-utils
need zstd zstd
need bzip2 bzip2
need python3 python3
need pgrep procps
need ip iproute2
need openssl openssl
need git git
need fsck.erofs erofs-utils
need tmux tmux
need ssh-agent openssh-client
need sshd openssh-server
need qemu-aarch64-static qemu-user-static
# For completions and the manual page: about 6 s together on a quiet machine, a MB or two each (fish 9).
need zsh zsh
need fish fish
need groff groff-base
need mandoc mandoc
need chromium chromium
# Not python3-swift, 47 packages: who has it tests caches in S3 against it.
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "test setup: installing$missing from Debian"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "test setup: tests that need$missing are skipped; as root on Debian: apt-get install$missing"

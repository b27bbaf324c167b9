#!/bin/sh
# golden-rungs.sh SHARED RUNG [run-golden options]: the golden images on another rung of the ladder than this machine's root:
# 2 as root of a user namespace of the user `builder`, as tsbuild makes one; 3 as root of an unprivileged container. On rung 3
# the cases are left out that look at /proc (capabilities, a handle by name) or at a network that was taken away. Takes root,
# for 2 uidmap and for 3 runc.
set -eu
cd "$(dirname "$0")/.."
shared=$(realpath "$1")
rung=$2
shift 2
case $rung in
  2) exec runuser -u builder -- unshare --user --map-auto --map-root-user -- sh scripts/golden.sh "$shared" "$@" ;;
  3) exec node_modules/.bin/node test/support/programs/in-container.ts "$shared" -- sh "$PWD/scripts/golden.sh" "$shared" "$@" ;;
esac
echo "golden-rungs.sh: there is no rung $rung to be tried" >&2
exit 2

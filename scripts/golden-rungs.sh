#!/bin/sh
# golden-rungs.sh SHARED RUNG [run-golden options]: the golden images on another rung of the ladder than that of root on this
# machine: 2 as root of a user namespace of the user `builder`, as tsbuild makes one; 3 as root of an unprivileged container.
# Passes when all cases agree but those that cannot there, which are named below. Takes root, for 2 uidmap and for 3 runc.
set -eu
cd "$(dirname "$0")/.."
shared=$(realpath "$1")
rung=$2
shift 2
score=$(mktemp)
trap 'rm -f "$score"' EXIT
case $rung in
  2)
    # A user namespace may make no device node.
    cannot='own-run-special-files'
    runuser -u builder -- unshare --user --map-auto --map-root-user -- sh scripts/golden.sh "$shared" "$@" > "$score" || :
    ;;
  3)
    # They look at /proc (a handle by name, capabilities), or are to have no network.
    cannot='bk-heredoc-run-complex bk-run-network-none bk-run-security-sandbox-caps own-history-of-each-instruction own-option-network-none own-run-network-none-interfaces'
    node_modules/.bin/node test/support/programs/in-container.ts "$shared" -- sh "$PWD/scripts/golden.sh" "$shared" "$@" > "$score" || :
    ;;
  *)
    echo "golden-rungs.sh: there is no rung $rung to be tried" >&2
    exit 2
    ;;
esac
cat "$score"
grep -q '^[0-9]* passed, ' "$score"
for name in $(sed -n 's/^FAIL \([^:]*\):.*/\1/p' "$score"); do
  case " $cannot " in
    *" $name "*) ;;
    *) exit 1 ;;
  esac
done

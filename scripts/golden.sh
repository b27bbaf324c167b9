#!/bin/sh
# golden.sh SHARED [run-golden options]: builds every golden case of SHARED/conformance/golden and compares files, config and
# history with what the reference builder made. Passes when all of them agree. What does not count is that history rows have a
# comment of tsbuild's own, and that hard links are kept where the reference makes separate files of them.
set -eu
shared=$1
shift
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TSBUILD_ROOT=$work/store TMPDIR=$work
builder="$PWD/node_modules/.bin/node $PWD/bin/tsbuild.js"
$builder load -i "$shared/bases/busybox.oci.tar"
$builder tag "$($builder images -q --no-trunc | head -n 1)" docker.io/library/busybox:latest
status=0
"$PWD/node_modules/.bin/node" "$shared/tools/run-golden.mjs" --cases "$shared/conformance/golden" --jobs 2 \
  --ignore history.comment,fs.hardlink \
  --builder "$builder build --progress plain --no-cache -f {dockerfile} {target_args} {build_args} {secret_args} {context_args} {option_args} --output type=oci,dest={out} {context}" \
  "$@" > "$work/score" || status=$?
grep -v '^PASS' "$work/score"
exit $status

#!/bin/sh
# The main job, from nothing: makes a base image of this machine's own shell, builds a service of two stages from it,
# builds it again, edits one file, builds it a third time, and prints how the image was made. Leaves nothing behind but
# what it prints; the images are in a store of its own below the system's folder for temporary files.
set -eu
cd "$(dirname "$0")/.."
home=$PWD
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work" 2>/dev/null || true' EXIT
TSBUILD_ROOT=$work/store
export TSBUILD_ROOT
tsbuild() { node "$home/bin/tsbuild.js" "$@"; }
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { say "\$ tsbuild $*"; tsbuild "$@"; }

sh scripts/demo-base.sh "$work/base.tar"
cp -R fixtures/dockerfiles/hello-service/context "$work/context"
cp fixtures/dockerfiles/hello-service/Dockerfile "$work/Dockerfile"
cd "$work"

show import base.tar demo-base
show -f Dockerfile -t hello context
say '# again: nothing changed'
show -f Dockerfile -t hello context
say '# one page is edited: only what depends on it is made again'
echo 'Edited.' >> context/pages/about.txt
show -f Dockerfile -t hello context
show history hello

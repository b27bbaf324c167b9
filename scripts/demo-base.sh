#!/bin/sh
# demo-base.sh FILE: writes a root filesystem as a tar, made from this machine's own shell and tools and the libraries
# they need. No download, no root.
set -eu
out=$1
root=$(mktemp -d)
chmod 755 "$root"
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/root"
chmod 1777 "$root/tmp"
echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"

libraries() {
  ldd "$1" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p'
}

for tool in sh cat ls cp mv rm mkdir chmod chown touch ln sed grep sort wc head tail tr cut basename dirname env echo \
  true false sleep test date id uname stat find du; do
  path=$(command -v "$tool" || true)
  case $path in
    /*) ;;
    *) path=/bin/$tool; [ -x "$path" ] || path=/usr/bin/$tool; [ -x "$path" ] || continue ;;
  esac
  cp -L "$path" "$root/bin/$tool"
  for library in $(libraries "$path"); do
    [ -e "$root$library" ] && continue
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
done
tar -C "$root" --owner=0 --group=0 --numeric-owner -cf "$out" .

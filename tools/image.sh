#!/bin/sh
# Makes a container image of programs of this machine and the libraries they need: for a Docker engine that can pull none.
#   sh tools/image.sh holdwater-etcd:local etcd && export HOLDWATER_ETCD_IMAGE=holdwater-etcd:local
set -eu
name=$1
shift
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/usr/bin" "$root/tmp"
ln -s usr/bin "$root/bin"
for program in "$@"; do
  path=$(command -v "$program")
  cp -L "$path" "$root/usr/bin/"
  # A script has no libraries; ldd says so by its exit code.
  for library in $({ ldd "$path" 2>/dev/null || true; } | grep -oE '/[^ ]+' || true); do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
done
tar -C "$root" -c . | docker import -c 'ENV PATH=/usr/bin' - "$name" >/dev/null

#!/bin/sh
# Makes a checkout ready to run: npm packages and, with --etcd, an etcd binary. Does nothing where all is there.
set -eu
cd "$(dirname "$0")/.."

if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo 'Installing npm packages …'
  # Not `npm ci`: it refuses a lock file that lacks other platforms' optional packages, as one does that was written
  # where a registry did not have them all.
  npm install --no-save --loglevel=error
fi

[ "${1:-}" = --etcd ] || exit 0
command -v etcd >/dev/null && exit 0
if ! command -v apt-get >/dev/null; then
  echo 'No etcd on the PATH, and no apt-get to install one: see https://etcd.io/docs/latest/install/' >&2
  exit 2
fi
as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo 'Installing etcd needs root or sudo: apt-get install etcd-server' >&2; exit 2; }
  as_root=sudo
fi
echo 'Installing the distribution’s etcd …'
# Another package source that cannot be reached is no reason to stop.
$as_root apt-get update -qq || true
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends etcd-server >/dev/null

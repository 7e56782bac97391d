#!/usr/bin/env bash
# Puts the programs that tests compare with into a directory: etcd, etcdctl, etcdutl and clientv3check.
#
#   tests/reference/build.sh <out dir>
#
# With Go 1.26 or newer they are built at the version go.mod pins. Without it, or when the modules cannot be had,
# Debian's etcd and etcdctl are linked there instead and the rest is left out; `etcd --version` tells which it is.
# Idempotent: what is up to date is left alone. Safe to interrupt: a program appears whole or not at all.
set -euo pipefail

readonly go_minor_min=26
readonly source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -eq 1 ] || { echo "usage: tests/reference/build.sh <out dir>" >&2; exit 2; }
mkdir -p "$1"
readonly out=$(cd "$1" && pwd)
readonly stamp=$out/.built

exec 9>"$out/.lock"
flock 9

# Everything the programs depend on: a change of any of it is a new build.
fingerprint() { cat "$source_dir"/go.mod "$source_dir"/go.sum "$source_dir"/*/*.go | sha256sum | cut -d' ' -f1; }

go_minor() {
  command -v go >/dev/null || { echo 0; return; }
  go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p' | grep . || echo 0
}

# build <name> <package>
build() {
  (cd "$source_dir" && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$out/.$1.new" "$2") && mv -f "$out/.$1.new" "$out/$1"
}

build_pinned() {
  build etcd go.etcd.io/etcd/server/v3 && build etcdctl go.etcd.io/etcd/etcdctl/v3 &&
    build etcdutl go.etcd.io/etcd/etcdutl/v3 && build clientv3check ./clientv3check
}

# link_debian <reason>
link_debian() {
  rm -f "$out"/{etcd,etcdctl,etcdutl,clientv3check} "$stamp"
  for program in etcd etcdctl; do
    [ -x /usr/bin/$program ] || { echo "build.sh: $1, and /usr/bin/$program is missing: install etcd-server and etcd-client" >&2; exit 1; }
    ln -s /usr/bin/$program "$out/$program"
  done
  echo "build.sh: $1: the reference is Debian's $("$out/etcd" --version | head -1), not the pinned one" >&2
}

if [ "$(go_minor)" -lt $go_minor_min ]; then
  link_debian "no Go 1.$go_minor_min or newer"
  exit 0
fi
wanted=$(fingerprint)
if [ -x "$out/etcd" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
rm -f "$stamp"
if build_pinned; then
  echo "$wanted" >"$stamp.new" && mv -f "$stamp.new" "$stamp"
else
  link_debian "the pinned version does not build"
fi

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the path of a Consul agent ($CONSUL, else one built once into the cache: some ten minutes on
# two cores). With --if-there nothing is built, and nothing is printed where there is none.
# 1.14 is under the Mozilla licence; from 1.17 on Consul is no free software.
set -eu

if [ -n "${CONSUL:-}" ]; then
    printf '%s\n' "$CONSUL"
    exit
fi

here=$(cd "$(dirname "$0")" && pwd)
source=$here/consul
version=$(sed -n 's#.*github.com/hashicorp/consul \(v[0-9.]*\)$#\1#p' "$source/go.mod" | head -n 1)
# A change of the source or of a version makes another folder.
key=$(cat "$source/go.mod" "$source"/*.go "$source"/discover/*.go | sha256sum | cut -c 1-12)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/gatefile/consul-$version-$key
if [ ! -x "$folder/consul" ]; then
    [ "${1:-}" != --if-there ] || exit 0
    PATH=$PATH:$("$here/go.sh")
    export PATH CGO_ENABLED=0
    next=$folder.$$
    trap 'rm -rf "$next"' EXIT
    mkdir -p "$next"
    echo "$(date +%T) Consul $version: building (once; some ten minutes on two cores)" >&2
    (cd "$source" && nice go build -trimpath -buildvcs=false -ldflags="-s -w" -o "$next/consul" . >&2)
    mv -T "$next" "$folder" 2>/dev/null || [ -x "$folder/consul" ]
fi
printf '%s\n' "$folder/consul"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the folder with the programs of the conformance tests ($CONFORMANCE, else built once into
# the cache: some five minutes on two cores): podrunner, suite, echo-basic.
set -eu

if [ -n "${CONFORMANCE:-}" ]; then
    printf '%s\n' "$CONFORMANCE"
    exit
fi

here=$(cd "$(dirname "$0")" && pwd)
source=$here/../conformance
suite=$(sed -n 's#^\tsigs.k8s.io/gateway-api/conformance ##p' "$source/programs/go.mod")
# A change of the source or of a version makes another folder.
key=$(cd "$source" && find programs echo -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum | cut -c 1-12)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/gatefile/conformance-$suite-$key
# One at a time: who comes second finds it done.
mkdir -p "$(dirname "$folder")"
exec 9> "$folder.lock"
flock 9
if [ ! -x "$folder/suite" ]; then
    PATH=$PATH:$("$here/go.sh")
    # The suite wants a newer Go than the plugin does: `go` fetches it as a module.
    GOTOOLCHAIN=go$(sed -n 's/^go //p' "$source/programs/go.mod")
    export PATH GOTOOLCHAIN CGO_ENABLED=0
    next=$folder.$$
    trap 'rm -rf "$next"' EXIT
    mkdir -p "$next"
    say() { echo "$(date +%T) $*" >&2; }

    say "conformance suite $suite: modules"
    (cd "$source/programs" && go list -deps -test ./... > /dev/null)
    (cd "$source/echo" && go list -deps sigs.k8s.io/gateway-api/conformance/echo-basic > /dev/null)
    build="nice go build -trimpath -buildvcs=false"
    say "building the backend"
    (cd "$source/echo" && $build -o "$next/echo-basic" sigs.k8s.io/gateway-api/conformance/echo-basic)
    say "building the Pod runner"
    (cd "$source/programs" && $build -o "$next/podrunner" ./podrunner)
    say "building the suite (once; some five minutes on two cores)"
    (cd "$source/programs" && nice go test -c -trimpath -buildvcs=false -o "$next/suite" ./suite)
    say "built"
    mv -T "$next" "$folder" 2>/dev/null || [ -x "$folder/suite" ]
fi
printf '%s\n' "$folder"

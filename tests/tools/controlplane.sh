#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the path of the program with etcd, kube-apiserver and kube-controller-manager
# ($CONTROLPLANE, else one built once into the cache: some ten minutes on two cores). Beside it is the folder `crds`: what Gateway API
# installs, experimental channel.
set -eu

if [ -n "${CONTROLPLANE:-}" ]; then
    printf '%s\n' "$CONTROLPLANE"
    exit
fi

here=$(cd "$(dirname "$0")" && pwd)
source=$here/../cluster/controlplane
kubernetes=$(sed -n 's#^\tk8s.io/kubernetes ##p' "$source/go.mod")
gateway_api=v1.7.0
# A change of the source or of a version makes another folder.
key=$({ cat "$source/go.mod" "$source/main.go"; echo $gateway_api; } | sha256sum | cut -c 1-12)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/gatefile/controlplane-$kubernetes-$key
# One at a time: who comes second finds it done.
mkdir -p "$(dirname "$folder")"
exec 9> "$folder.lock"
flock 9
if [ ! -x "$folder/controlplane" ]; then
    PATH=$PATH:$("$here/go.sh")
    export PATH CGO_ENABLED=0
    next=$folder.$$
    trap 'rm -rf "$next"' EXIT
    mkdir -p "$next/crds"
    say() { echo "$(date +%T) $*" >&2; }

    say "Gateway API $gateway_api: its CRDs"
    # An older Go refuses to build the module, after it has fetched what is wanted of it.
    module=$(go env GOMODCACHE)/sigs.k8s.io/gateway-api@$gateway_api
    go mod download "sigs.k8s.io/gateway-api@$gateway_api" >&2 || [ -d "$module" ]
    cp "$module"/config/crd/experimental/*.yaml "$next/crds"
    rm -f "$next/crds/kustomization.yaml"
    chmod u+w "$next"/crds/*

    say "Kubernetes $kubernetes: modules"
    (cd "$source" && go list -deps . > /dev/null)
    say "Kubernetes $kubernetes: building (once; some ten minutes on two cores)"
    version=k8s.io/component-base/version
    minor=${kubernetes#v1.}
    (while sleep 60; do say "    $(wc -l < "$next.log") packages"; done) 9>&- &
    ticker=$!
    trap 'kill "$ticker" 2>/dev/null; rm -rf "$next" "$next.log"' EXIT
    (cd "$source" && nice go build -v -trimpath -buildvcs=false -o "$next/controlplane" \
        -ldflags="-s -w -X $version.gitVersion=$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*}" \
        . > "$next.log" 2>&1) || { tail -n 40 "$next.log" >&2; exit 1; }
    say "built"
    mv -T "$next" "$folder" 2>/dev/null || [ -x "$folder/controlplane" ]
fi
printf '%s\n' "$folder/controlplane"

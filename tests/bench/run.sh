#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a bench: run.sh NAME [--quick]. Prints a table, and as its last line
#   NAME key=value key=value ...
#   serve      requests per second and reload time of stock Traefik: our configuration and others
#   translate  time and memory from manifests to configuration
#   check      time of `gatefile check` on 10,000 routes, from start to exit
#   publish    the ways to Traefik beside each other: directory, plugin, HTTP, Redis, etcd, Consul
# These follow a real API server, which is built the first time (some ten minutes):
#   propagate  from a change's acknowledgement to the first request that is answered by it
#   attach     many routes at once: served, accepted, gone; cold starts
#   churn      requests that fail while the rest of the cluster changes
# --quick stays below 50 seconds on an idle machine of two cores, set-up not counted. Needs Debian
# 12 or 13; installs what is missing (as root or through sudo). GATEFILE, TRAEFIK and CONTROLPLANE
# name other programs.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/tools/packages.sh

name=${1:-} quick=${2:-}
case $name/$quick in
serve/ | translate/ | check/ | publish/ | propagate/ | attach/ | churn/) ;;
serve/--quick | translate/--quick | check/--quick | publish/--quick | propagate/--quick | attach/--quick | churn/--quick) ;;
*) echo "usage: tests/bench/run.sh serve|translate|check|publish|propagate|attach|churn [--quick]" >&2; exit 2 ;;
esac
export PYTHONDONTWRITEBYTECODE=1

# build TARGET...: with the release preset.
build() {
    # shellcheck disable=SC2086
    need $build_packages
    [ -d build/release ] ||
        meson setup build/release --native-file tests/presets/release.ini >/dev/null
    ninja -C build/release "$@" >&2
}

# program: sets GATEFILE, unless it is.
program() {
    [ -z "${GATEFILE:-}" ] || return 0
    build src/cli/gatefile
    export GATEFILE=$PWD/build/release/src/cli/gatefile
}

serve() {
    need g++ wrk python3 python3-venv ca-certificates
    program
    traefik=$(tests/tools/traefik.sh)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    g++ -std=c++20 -O2 tests/bench/backend.cpp -o "$work/backend"
    # shellcheck disable=SC2086
    python3 tests/bench/serve.py --gatefile "$GATEFILE" --traefik "$traefik" \
        --backend "$work/backend" $quick
}

# value KEY: of the key=value pairs in $line.
value() { sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" <<< "$line"; }

translate() {
    need python3
    build tests/bench/translate
    sizes="1000 10000 50000" rounds=7
    [ -z "$quick" ] || { sizes="1000 10000" rounds=3; }
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    keys=
    for rules in $sizes; do
        python3 tests/bench/generate.py "$rules" "$work/cluster.json"
        for format in file plugin; do
            line=$(build/release/tests/bench/translate "$work/cluster.json" $rounds $format)
            stages=$(grep -o '[a-z0-9_]*_ms=[0-9.]*' <<< "$line" | tr '\n' ' ')
            after=$(tr ' ' '\n' <<< "$stages" | awk -F= '/^[3-6]_/ { sum += $2 } END { printf "%.1f", sum }')
            total=$(tr ' ' '\n' <<< "$stages" | awk -F= '{ sum += $2 } END { printf "%.1f", sum }')
            peak=$(value peak_kib)
            printf '%6d rules to %-6s %9s ms, %4d MiB   %s\n' \
                "$rules" $format "$total" $((peak / 1024)) "$stages"
            rates=$(grep -o '[a-z]*_objects_per_s=[0-9]*' <<< "$line" | tr '\n' ' ')
            printf '%26s %s KiB an object, %s\n' '' $((peak / $(value objects))) "$rates"
            [ $format = file ] || keys="$keys $(sed "s/_per_s=/_per_s_$rules=/g" <<< "$rates")"
            keys="$keys ${format}_${rules}_ms=$total ${format}_${rules}_from_objects_ms=$after ${format}_${rules}_peak_kib=$peak"
        done
    done
    echo "translate$keys"
}

check() {
    need python3
    program
    # shellcheck disable=SC2086
    python3 tests/bench/check.py --gatefile "$GATEFILE" $quick
}

publish() {
    need python3 python3-venv ca-certificates iproute2 util-linux openssl redis-server etcd-server
    program
    CONSUL=$(tests/tools/consul.sh --if-there)
    export CONSUL
    # shellcheck disable=SC2086
    python3 tests/bench/publish.py $quick
}

# cluster NAME: the benches with an API server look alike from here.
cluster() {
    need python3 python3-venv ca-certificates iproute2 util-linux openssl
    program
    # shellcheck disable=SC2086
    python3 "tests/bench/$1.py" $quick
}

propagate() { cluster propagate; }
attach() { cluster attach; }
churn() { cluster churn; }

"$name"

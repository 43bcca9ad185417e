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
# --quick measures for less than 50 seconds, set-up not counted: where things are slow it has fewer
# rounds. Needs Debian 12 or 13; installs what is missing (as root or through sudo). GATEFILE,
# TRAEFIK and CONTROLPLANE name other programs.
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

translate() {
    need python3
    build tests/bench/translate
    # shellcheck disable=SC2086
    python3 tests/bench/translate.py build/release/tests/bench/translate $quick
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

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the official Gateway API conformance suite against gatefile with a stock Traefik and a real
# API server, all in a network namespace of their own.
#   run.sh [OPTION...] [FLAG OF THE SUITE...], such as -run-test=HTTPRouteSimpleSameNamespace
#   --format plugin|file      what gatefile publishes
#   --native                  Traefik's own provider instead of gatefile
#   --features claimed|all|A,B  those that the GatewayClass claims, or every one that the suite knows
#   --quick                   short timeouts: what fails, fails sooner
#   --keep                    leaves everything up; each line of standard input is one more run
# Writes build/conformance/report.yaml and build/conformance/logs; exits non-zero on any failure.
# The first run builds what it needs from Go modules (some fifteen minutes on two cores). Needs
# Debian 12 or 13; installs what is missing (as root or through sudo). GATEFILE, TRAEFIK,
# CONTROLPLANE and CONFORMANCE name other programs.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/tools/packages.sh

case ${1:-} in -h | --help) sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;; esac
export PYTHONDONTWRITEBYTECODE=1
# shellcheck disable=SC2086
need $build_packages python3-venv iproute2 util-linux openssl ca-certificates
if [ -z "${GATEFILE:-}" ] && [[ " $* " != *" --native "* ]]; then
    [ -d build/release ] || meson setup build/release --native-file tests/presets/release.ini >/dev/null
    ninja -C build/release src/cli/gatefile >&2
    export GATEFILE=$PWD/build/release/src/cli/gatefile
fi
CONFORMANCE=$(tests/tools/conformance.sh)
export CONFORMANCE
exec python3 tests/conformance/run.py "$@"

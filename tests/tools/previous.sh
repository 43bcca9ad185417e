#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the path of the program of the newest release before this commit, by its tag v* ($GATEFILE_PREVIOUS, else built once into the
# cache, as long as a build takes). Prints nothing where there is no such tag: before the first release, or in a clone without tags.
set -eu

if [ -n "${GATEFILE_PREVIOUS:-}" ]; then
    printf '%s\n' "$GATEFILE_PREVIOUS"
    exit
fi

top=$(cd "$(dirname "$0")/../.." && pwd)
# A commit that is a release itself comes after the one before it.
tag=$(git -C "$top" describe --tags --match 'v[0-9]*' --abbrev=0 'HEAD^' 2> /dev/null) || exit 0
commit=$(git -C "$top" rev-parse --short=12 "$tag^{commit}")
folder=${XDG_CACHE_HOME:-$HOME/.cache}/gatefile/previous-$tag-$commit
# One at a time: who comes second finds it done.
mkdir -p "$(dirname "$folder")"
exec 9> "$folder.lock"
flock 9
if [ ! -x "$folder/gatefile" ]; then
    next=$folder.$$
    trap 'rm -rf "$next"' EXIT
    mkdir -p "$next/source"
    git -C "$top" archive "$commit" | tar -x -C "$next/source"
    echo "$(date +%T) gatefile $tag: building (once)" >&2
    cd "$next/source"
    # Where a compiler cache has seen it.
    { meson setup build/dev --native-file tests/presets/dev.ini && nice ninja -C build/dev src/cli/gatefile; } > "$next/log" 2>&1 ||
        { tail -n 40 "$next/log" >&2; exit 1; }
    cp build/dev/src/cli/gatefile "$next/gatefile"
    cd "$top"
    rm -rf "$next/source"
    mv -T "$next" "$folder"
fi
printf '%s\n' "$folder/gatefile"

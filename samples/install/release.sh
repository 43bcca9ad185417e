#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes what is installed from, in build/release-artifacts: for amd64 and arm64 a static program, a Debian package of it, and SHA256SUMS.
#   release.sh                   both architectures; one is compiled for the other
#   release.sh --arch arm64      one of them
#   release.sh --from-build DIR  only the package, of the program in a build folder (build/release), with Debian's shared libraries
#   release.sh --out DIR         another folder than build/release-artifacts
# Needs Debian 12 or 13; installs what is missing (as root or through sudo). What was made before is used again. The same commit, with
# the same packages of Debian's, makes the same bytes; times in them are the commit's, or $SOURCE_DATE_EPOCH.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/tools/packages.sh

arches= from= out=build/release-artifacts
while [ $# -gt 0 ]; do
    case $1 in
        --arch) arches="$arches ${2:?}"; shift 2 ;;
        --from-build) from=${2:?}; shift 2 ;;
        --out) out=${2:?}; shift 2 ;;
        *) sed -n '3,/^set/{/^#/s/^# \?//p}' "$0" >&2; exit 2 ;;
    esac
done
for arch in $arches; do
    case $arch in amd64 | arm64) ;; *) echo "release.sh: amd64 or arm64, not $arch" >&2; exit 2 ;; esac
done
native=$(dpkg --print-architecture)
version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} LC_ALL=C.UTF-8

# set_target ARCH: how its compiler and its machine are called, and what runs its programs here.
set_target() {
    case $1 in
        amd64) triplet=x86_64-linux-gnu cpu=x86_64 compiler=g++-x86-64-linux-gnu ;;
        arm64) triplet=aarch64-linux-gnu cpu=aarch64 compiler=g++-aarch64-linux-gnu ;;
    esac
    runner=
    if [ "$1" = "$native" ]; then compiler=g++; else runner=qemu-$cpu-static; fi
}

# The compiler and where the libraries are, as meson wants to be told.
write_machine() {
    root=$PWD/$work/root
    ccache=$(command -v ccache >/dev/null && echo "'ccache', ") || true
    cat <<END
[binaries]
cpp = [$ccache'$triplet-g++']
ar = '$triplet-ar'
strip = '$triplet-strip'
pkgconfig = 'pkg-config'
[properties]
sys_root = '$root'
pkg_config_libdir = ['$root/usr/lib/$triplet/pkgconfig', '$root/usr/share/pkgconfig']
[built-in options]
buildtype = 'release'
prefer_static = true
cpp_args = ['-Wno-restrict', '-ffile-prefix-map=$root=', '-isystem', '$root/usr/include', '-isystem', '$root/usr/include/$triplet']
cpp_link_args = ['-static-pie', '-L$root/usr/lib/$triplet', '-Wl,--build-id=sha1']
[host_machine]
system = 'linux'
cpu_family = '$cpu'
cpu = '$cpu'
endian = 'little'
END
}

# build ARCH: $work/gatefile, a program that needs nothing of the machine that it runs on.
build() {
    samples/install/libraries.sh "$1" "$work"
    say "Building gatefile for $1 (a quarter of an hour the first time)"
    write_machine > "$work/machine.next"
    if ! cmp -s "$work/machine.next" "$work/machine.ini"; then
        rm -rf "$work/build"
        cp "$work/machine.next" "$work/machine.ini"
    fi
    [ -f "$work/build/build.ninja" ] || meson setup "$work/build" --cross-file "$work/machine.ini" > "$work/setup.log" 2>&1 ||
        { tail -n 30 "$work/setup.log" >&2; exit 1; }
    ninja -C "$work/build" ${JOBS:+-j "$JOBS"} src/cli/gatefile
    "$triplet-strip" --strip-unneeded --remove-section=.comment -o "$work/gatefile" "$work/build/src/cli/gatefile"
}

# try ARCH: it starts, is of this version, wants no library, and makes of cases of the tests what they have, byte for byte.
try() {
    program=$work/gatefile
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$runner" "$PWD/$program" > "$work/run"
    chmod +x "$work/run"
    [ "$("$work/run" version)" = "gatefile $version" ]
    if "$triplet-readelf" -d "$program" | grep -q NEEDED; then echo "$program wants shared libraries" >&2; exit 1; fi
    for cases in 'http/*' 'tls/*'; do
        GATEFILE=$PWD/$work/run tests/golden/golden.py "$cases" > "$work/golden.log" || { grep -A 10 '^not ok' "$work/golden.log" >&2; exit 1; }
        say "$1: $(grep -c '^ok' "$work/golden.log") outputs of $cases are the tests'"
    done
}

release() {
    set_target "$1"
    # shellcheck disable=SC2086
    need "$compiler" ${runner:+qemu-user-static} dpkg-dev make meson ninja-build pkg-config python3 xz-utils
    work=build/release-work/$1
    build "$1"
    try "$1"
    cp "$work/gatefile" "$out/gatefile-$version-linux-$1"
    RUNNER=$runner samples/install/package.sh "$work/gatefile" "$1" "$out"
}

mkdir -p "$out"
if [ -n "$from" ]; then
    set_target "$native"
    need dpkg-dev binutils python3 xz-utils
    samples/install/package.sh "$from/src/cli/gatefile" "$native" "$out"
else
    for arch in ${arches:-amd64 arm64}; do release "$arch"; done
fi
(cd "$out" && rm -f SHA256SUMS && sha256sum -- * > ../SHA256SUMS.next && mv ../SHA256SUMS.next SHA256SUMS)
say "In $out:"
cat "$out/SHA256SUMS"

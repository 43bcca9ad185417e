#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# libraries.sh ARCH FOLDER: everything that gatefile links against, as static libraries for ARCH (amd64 or arm64), below
# FOLDER. All of it is Debian's: packages of ARCH, which are unpacked and not installed, so that this machine stays as it is;
# and from Debian's sources libcurl, libmicrohttpd and its GnuTLS, because the packages want a dozen libraries that gatefile has no use
# for, some of which exist as shared libraries only, and fmt, whose package has no static one. apt verifies both by Debian's keys.
set -euo pipefail

arch=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../tests/tools/packages.sh"

case $arch in
    amd64) triplet=x86_64-linux-gnu ;;
    arm64) triplet=aarch64-linux-gnu ;;
    *) echo "libraries.sh: amd64 or arm64, not $arch" >&2; exit 2 ;;
esac
packages="libyaml-dev libyaml-cpp-dev rapidjson-dev libre2-dev libssl-dev libhiredis-dev libjemalloc-dev libfmt-dev
    libcli11-dev libtomlplusplus-dev zlib1g-dev nettle-dev libgmp-dev"
sources="curl gnutls28 libmicrohttpd fmtlib"
jobs=${JOBS:-$(nproc)}

# An apt of our own for ARCH: this machine's sources as far as they are Debian's, and theirs of source packages.
apt=$folder/apt
debian() {
    "$1" -qq -c "$apt/apt.conf" "${@:2}"
}
set_up_apt() {
    rm -rf "$apt"
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial}
    : > "$apt/state/status"
    cat > "$apt/apt.conf" <<END
APT { Architecture "$arch"; Architectures { "$arch"; }; Sandbox::User "root"; };
Dir { State "$apt/state"; State::status "$apt/state/status"; Cache "$apt/cache";
      Etc::SourceList "$apt/sources.list"; Etc::SourceParts "-"; };
Acquire::Languages "none";
END
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u |
        while read -r site release component; do
            echo "deb $site $release $component"
            echo "deb-src $site $release $component"
        done > "$apt/sources.list"
    [ -s "$apt/sources.list" ] || { echo "libraries.sh: apt has no sources of Debian's; run apt-get update" >&2; exit 3; }
    debian apt-get update
}

# Unpacked below $folder/root, with every path in .pc files found by PKG_CONFIG_SYSROOT_DIR.
unpack_packages() {
    rm -rf "$folder/root" "$folder/debs"
    mkdir -p "$folder/root" "$folder/debs"
    # RE2 of Debian 13 is made of Abseil.
    debian apt-cache show libre2-dev | grep -q libabsl-dev && packages="$packages libabsl-dev"
    # shellcheck disable=SC2086
    (cd "$folder/debs" && debian apt-get download $packages)
    for deb in "$folder/debs"/*.deb; do dpkg-deb -x "$deb" "$folder/root"; done
    # A shared library here is a link to one that is not.
    find "$folder/root" -name '*.so' -delete
    # hiredis' is not where it says.
    sed -i "s#^libdir=/usr/lib\$#libdir=/usr/lib/$triplet#" "$folder/root/usr/lib/$triplet"/pkgconfig/*.pc
}

# build SOURCE OPTION...: configured, made and installed beside the packages.
build() {
    (cd "$folder/sources/$1"-*/ && say "$1 for $arch: $(basename "$PWD")" &&
        export CC="$triplet-gcc" CFLAGS="-O2 -g0 -ffile-prefix-map=$PWD=." &&
        export CPPFLAGS="-isystem $folder/root/usr/include -isystem $folder/root/usr/include/$triplet" &&
        export LDFLAGS="-L$folder/root/usr/lib/$triplet" PKG_CONFIG_SYSROOT_DIR="$folder/root" &&
        export PKG_CONFIG_LIBDIR="$folder/root/usr/lib/$triplet/pkgconfig" && {
        keep_generated && ./configure --host="$triplet" --prefix=/usr --libdir="/usr/lib/$triplet" --disable-shared --enable-static \
            --disable-dependency-tracking "${@:2}" && install_from "$1"
    } > "$folder/$1.log" 2>&1) || { tail -n 30 "$folder/$1.log" >&2; exit 1; }
}
# Debian 12's patches have files that only automake would put into its list.
add_to_gnutls() {
    local objects=
    for name in gl_list gl_linkedhash_list; do
        [ ! -f "gl/$name.c" ] || [ -f "gl/$name.o" ] || objects="$objects $name.lo"
    done
    # shellcheck disable=SC2086
    [ -z "$objects" ] || (cd gl && make $objects && "$triplet-ar" r "$folder/root/usr/lib/$triplet/libgnutls.a" ${objects//.lo/.o})
}
# Debian's patches are newer than what autoconf and automake had made: that is not to be made anew.
keep_generated() {
    for name in aclocal.m4 configure config.h.in Makefile.in; do find . -name "$name" -exec touch {} +; done
}
# Only what is linked, without the programs beside it.
install_from() {
    case $1 in
        curl) set -- lib include && make DESTDIR="$folder/root" install-pkgconfigDATA ;;
        gnutls28) set -- gl lib ;;
        libmicrohttpd) set -- src/microhttpd src/include && make DESTDIR="$folder/root" install-pkgconfigDATA ;;
    esac
    for part in "$@"; do make -C "$part" -j"$jobs" DESTDIR="$folder/root" install || return; done
    [ ! -d gl ] || add_to_gnutls
}
build_sources() {
    rm -rf "$folder/sources"
    mkdir -p "$folder/sources"
    # shellcheck disable=SC2086
    (cd "$folder/sources" && debian apt-get source $sources > ../source.log 2>&1) || { cat "$folder/source.log" >&2; exit 1; }
    # HTTP alone, TLS by OpenSSL, gzip. No default of where authorities are: gatefile looks for them (src/http).
    build curl --with-openssl --with-zlib --without-ca-bundle --without-ca-path --disable-ares --enable-threaded-resolver \
        --disable-{dict,file,ftp,gopher,imap,ldap,ldaps,mqtt,pop3,rtsp,smb,smtp,telnet,tftp,manual,ntlm,alt-svc,libcurl-option} \
        --without-{brotli,zstd,libidn2,libpsl,librtmp,libssh2,nghttp2,gssapi}
    # What Traefiks elsewhere get of the agent goes over TLS.
    build gnutls28 --without-p11-kit --without-idn --without-tpm --without-tpm2 --without-zlib --without-brotli --without-zstd \
        --with-included-libtasn1 --with-included-unistring --disable-{cxx,doc,tools,tests,guile,nls,hardware-acceleration,libdane} \
        --with-default-trust-store-file= --without-default-trust-store-dir
    # Static, it wants what it is made of named.
    PKG_CONFIG="pkg-config --static" build libmicrohttpd --enable-https=yes --disable-curl --disable-doc --disable-examples
    # CMake's cross compilation for two files is not worth its while.
    say "fmtlib for $arch"
    (cd "$folder/sources/fmtlib"-*/ && for part in format os; do
        "$triplet-g++" -O2 -std=c++20 -ffile-prefix-map="$PWD=." -Iinclude -c "src/$part.cc"
    done && "$triplet-ar" rcD "$folder/root/usr/lib/$triplet/libfmt.a" format.o os.o)
    find "$folder/root" -name '*.la' -delete
}

# Made once for what it is made of: this script, the compiler, and what apt has.
set_up_apt
# shellcheck disable=SC2086
key=$({ cat "$0"; "$triplet-gcc" --version
    debian apt-cache policy $packages; debian apt-cache showsrc $sources | grep -E '^(Package|Version):'; } | sha256sum)
if [ "$(cat "$folder/key" 2>/dev/null)" = "$key" ]; then
    say "The libraries for $arch are there"
    exit
fi
rm -f "$folder/key"
say "Debian's libraries for $arch"
unpack_packages
build_sources
printf '%s\n' "$key" > "$folder/key"

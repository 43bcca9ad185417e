#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# package.sh BINARY ARCH FOLDER: gatefile_VERSION_ARCH.deb of BINARY in FOLDER. A program with shared libraries depends on
# Debian's packages of them. The same bytes for the same input: times are $SOURCE_DATE_EPOCH, owners root. RUNNER is what runs
# a program of ARCH where this machine cannot (qemu-aarch64-static).
set -euo pipefail

binary=$(realpath "$1") arch=$2
mkdir -p "$3"
out=$(realpath "$3")
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tools/packages.sh"

version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" "$top/meson.build")
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2>/dev/null || date +%s)}
maintainer="${DEBFULLNAME:-The gatefile maintainers} <${DEBEMAIL:-gatefile@packages.invalid}>"
case $arch in arm64) triplet=aarch64-linux-gnu ;; *) triplet=x86_64-linux-gnu ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

# put MODE SOURCE PLACE; standard input where SOURCE is -.
put() {
    mkdir -p "$(dirname "$root/$3")"
    if [ "$2" = - ]; then cat > "$root/$3"; else cp "$2" "$root/$3"; fi
    chmod "$1" "$root/$3"
}

put_files() {
    put 0755 "$binary" usr/bin/gatefile
    "$triplet-strip" --strip-unneeded --remove-section=.comment "$root/usr/bin/gatefile"
    for page in "$top"/man/*.[17]; do
        gzip -9n < "$page" | put 0644 - "usr/share/man/man${page##*.}/${page##*/}.gz"
    done
    python3 "$top/man/diagnostics.py" "$work/diagnostics.7"
    gzip -9n < "$work/diagnostics.7" | put 0644 - usr/share/man/man7/gatefile-diagnostics.7.gz
    for shell in bash zsh fish; do ${RUNNER:-} "$binary" completion $shell > "$work/$shell"; done
    put 0644 "$work/bash" usr/share/bash-completion/completions/gatefile
    put 0644 "$work/zsh" usr/share/zsh/vendor-completions/_gatefile
    put 0644 "$work/fish" usr/share/fish/vendor_completions.d/gatefile.fish

    sed 's#/usr/local/bin/#/usr/bin/#; /^# \/etc\/systemd/d' "$top/samples/systemd/gatefile.service" |
        put 0644 - lib/systemd/system/gatefile.service
    # Traefik's user is for whoever brings Traefik.
    sed -n 's/^u gatefile/&/p' "$top/samples/systemd/gatefile.sysusers.conf" | put 0644 - usr/lib/sysusers.d/gatefile.conf
    # All of it is a comment, so that `gatefile agent` by hand does what its command line says, and the service nothing.
    { echo "# Take the # from the lines that you want; \`systemctl enable --now gatefile\` when it is right."
        sed 's/^[^#]/#&/' "$top/samples/systemd/gatefile.yaml"; } | put 0644 - etc/gatefile/gatefile.yaml
    for file in README.md gatefile.yaml traefik.service traefik.yaml; do
        put 0644 "$top/samples/systemd/$file" "usr/share/doc/gatefile/examples/systemd/$file"
    done
    for file in README.md alerts.yaml dashboard.json; do
        put 0644 "$top/samples/monitoring/$file" "usr/share/doc/gatefile/examples/monitoring/$file"
    done
    put 0644 "$here/debian/copyright" usr/share/doc/gatefile/copyright
    changelog | gzip -9n | put 0644 - usr/share/doc/gatefile/changelog.gz
    put 0644 "$here/debian/lintian-overrides" usr/share/lintian/overrides/gatefile
}

changelog() {
    printf 'gatefile (%s) unstable; urgency=medium\n' "$version"
    for change in "$top"/man/changes/next/*.md; do
        printf '\n'
        tr '\n' ' ' < "$change" | fold -s -w 74 | sed 's/ *$//; 1s/^/  * /; 2,$s/^/    /'
    done
    printf '\n\n -- %s  %s\n' "$maintainer" "$(date -R -u -d "@$SOURCE_DATE_EPOCH")"
}

# What dpkg-shlibdeps finds, with a comma behind it; nothing for a static program.
depends() {
    mkdir -p "$work/depends/debian"
    printf 'Source: gatefile\n\nPackage: gatefile\nArchitecture: any\n' > "$work/depends/debian/control"
    (cd "$work/depends" && dpkg-shlibdeps -O "$root/usr/bin/gatefile" 2>"$work/shlibdeps.log") |
        sed -n 's/^shlibs:Depends=\(..*\)/Depends: \1/p'
}

put_control() {
    mkdir -p "$root/DEBIAN"
    (cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum) > "$work/md5sums"
    put 0644 "$work/md5sums" DEBIAN/md5sums
    echo /etc/gatefile/gatefile.yaml | put 0644 - DEBIAN/conffiles
    for script in postinst prerm postrm; do put 0755 "$here/debian/$script" "DEBIAN/$script"; done
    {
        printf 'Package: gatefile\nVersion: %s\nArchitecture: %s\nMaintainer: %s\n' "$version" "$arch" "$maintainer"
        # 1 KiB for each file and folder, as dpkg-gencontrol counts.
        find "$root" -path "$root/DEBIAN" -prune -o -type f -printf '%s\n' -o -printf '0\n' |
            awk '{ sum += $1 > 0 ? int(($1 + 1023) / 1024) : 1 } END { print "Installed-Size: " sum }'
        depends
        cat "$here/debian/control"
    } | put 0644 - DEBIAN/control
}

umask 022
put_files
put_control
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
file=$out/gatefile_${version}_$arch.deb
rm -f "$file"
dpkg-deb --root-owner-group -Zxz --build "$root" "$file" > /dev/null
say "${file#"$PWD"/}: $(stat -c %s "$file") bytes"

# SPDX-License-Identifier: Apache-2.0
# Sourced: need PACKAGE... installs what is missing of Debian's packages; `build_packages` and
# `test_packages` are what the build and the tests want. Debian 12 and 13.

build_packages="g++ meson ninja-build pkg-config python3 libyaml-dev libyaml-cpp-dev rapidjson-dev
    libre2-dev libssl-dev libcurl4-openssl-dev libmicrohttpd-dev libhiredis-dev libjemalloc-dev libfmt-dev libcli11-dev
    libtomlplusplus-dev"
test_packages="doctest-dev python3-yaml python3-venv iproute2 util-linux openssl curl ca-certificates git zsh fish
    graphviz chromium redis-server etcd-server prometheus"

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }

need() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -eq 0 ]; then as_root=; elif command -v sudo >/dev/null; then as_root=sudo; else
        echo "missing packages:$missing; install them as root: apt-get install$missing" >&2
        exit 3
    fi
    say "Installing$missing"
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The DMZ scenario on this machine, without a cluster: builds gatefile, starts stock Traefik and two
# backends, publishes samples/quickstart/manifests and shows requests served.
#   run.sh           leaves everything running until interrupted, and prints what to try
#   run.sh --check   makes its requests, stops everything, and exits with the verdict
# Needs Debian 12 or 13; installs what is missing (as root or through sudo). Listens on 127.0.0.1
# and on the ports 8000 and 8443. BUILD names another build folder than build/release.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/tools/packages.sh

http_port=${HTTP_PORT:-8000} https_port=${HTTPS_PORT:-8443}
run=build/quickstart build=${BUILD:-build/release}
pids=()

cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# make_certificate NAME HOST: a key and a certificate for HOST, signed by the quick start's own CA.
make_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
        -keyout "$run/$1.key" -out "$run/$1.csr" 2>/dev/null
    openssl x509 -req -in "$run/$1.csr" -CA "$run/ca.crt" -CAkey "$run/ca.key" -CAcreateserial -days 30 \
        -extfile <(printf 'subjectAltName=DNS:%s\n' "$2") -out "$run/$1.crt" 2>/dev/null
}

# secret NAMESPACE NAME: a manifest of the certificate NAME.
secret() {
    printf -- '---\napiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata:\n'
    printf '  name: %s\n  namespace: %s\ndata:\n' "$2" "$1"
    printf '  tls.crt: %s\n  tls.key: %s\n' "$(base64 -w0 < "$run/$2.crt")" "$(base64 -w0 < "$run/$2.key")"
}

prepare() {
    # shellcheck disable=SC2086
    need $build_packages python3-venv openssl curl ca-certificates
    say "Building gatefile (a few minutes the first time)"
    [ -d "$build" ] || meson setup "$build" --native-file tests/presets/release.ini >/dev/null
    ninja -C "$build" src/cli/gatefile
    say "Fetching stock Traefik"
    traefik=$(tests/tools/traefik.sh)

    say "Making certificates and manifests in $run"
    rm -rf "$run"
    (umask 077 && mkdir -p "$run/manifests" "$run/traefik/dynamic")
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=gatefile quick start" \
        -keyout "$run/ca.key" -out "$run/ca.crt" 2>/dev/null
    make_certificate sec-gateway-default-cert default.myprivatelab.tech
    make_certificate sec-demoapigateway-tls demo.myprivatelab.tech
    cp samples/quickstart/manifests/*.yaml "$run/manifests/"
    (umask 077 && {
        secret inf-traefik-dmz sec-gateway-default-cert
        secret dev-demoapigateway-dmz sec-demoapigateway-tls
    } > "$run/manifests/40-secrets.yaml")
}

start() {
    say "Starting two backends, Traefik and gatefile"
    python3 samples/quickstart/backend.py svc-demoapigateway-lan 8101 & pids+=($!)
    python3 samples/quickstart/backend.py svc-intranet 8102 & pids+=($!)

    dynamic=$(realpath "$run/traefik/dynamic")
    "$build/src/cli/gatefile" static -f "$run/manifests" --gateway-class traefik-dmz --to plugin \
        --port-map "80=$http_port,443=$https_port" --out "$dynamic" --write-plugin "$run/traefik" \
        > "$run/traefik/traefik.yaml"
    "$build/src/cli/gatefile" agent -f "$run/manifests" --gateway-class traefik-dmz \
        --traefik-config "$run/traefik/traefik.yaml" --port-map "80=$http_port,443=$https_port" \
        --backend-map dev-demoapigateway-dmz/svc-demoapigateway-lan=http://127.0.0.1:8101 \
        --backend-map inf-traefik-lan/svc-intranet=http://127.0.0.1:8102 --out "$dynamic" & pids+=($!)
    (cd "$run/traefik" && exec "$traefik" --configFile=traefik.yaml) > "$run/traefik.log" 2>&1 & pids+=($!)
}

# ask WANTED CURL-ARGUMENTS...: waits up to 20 s for an answer that contains WANTED.
ask() {
    wanted=$1; shift
    for _ in $(seq 100); do
        answer=$(curl -sS -m 5 "$@" 2>&1) || true
        case $answer in *"$wanted"*) echo "    ok: curl $*"; echo "        $wanted"; return 0 ;; esac
        sleep 0.2
    done
    echo "    FAILED: curl $*"; echo "        wanted: $wanted"; echo "        got: $answer"
    return 1
}

demo=demo.myprivatelab.tech
check() {
    say "Asking Traefik"
    connect=(--connect-to "$demo:80:127.0.0.1:$http_port" --connect-to "$demo:443:127.0.0.1:$https_port")
    ask "svc-demoapigateway-lan answers $demo/hello" "${connect[@]}" --cacert "$run/ca.crt" "https://$demo/hello" &&
    ask "https://$demo/hello?x=1" "${connect[@]}" -o /dev/null -w '%{http_code} %{redirect_url}' "http://$demo/hello?x=1" &&
    ask "svc-demoapigateway-lan answers" "${connect[@]}" -L --cacert "$run/ca.crt" "http://$demo/" &&
    # The LAN's route is not for this Traefik: no route on websecure has its name.
    ask 404 -k --connect-to "intranet.myprivatelab.tech:443:127.0.0.1:$https_port" -o /dev/null \
        -w '%{http_code}' https://intranet.myprivatelab.tech/
}

prepare
start
if ! check; then
    say "Traefik's log"; tail -n 20 "$run/traefik.log"
    exit 1
fi
[ "${1:-}" = --check ] && { say "The quick start works"; exit 0; }
cat <<EOF

Everything is running; Ctrl-C stops it. Try:

  curl --connect-to $demo:443:127.0.0.1:$https_port --cacert $run/ca.crt https://$demo/
  curl --connect-to $demo:80:127.0.0.1:$http_port -i http://$demo/
  \$EDITOR $run/manifests/20-demo.yaml     # saved changes are served at once
  $build/src/cli/gatefile check -f samples/quickstart/forgotten-reference -f $run/manifests/40-secrets.yaml \\
      --traefik-config $run/traefik/traefik.yaml --port-map 80=$http_port,443=$https_port

What gatefile published is in $run/traefik/dynamic, Traefik's log in $run/traefik.log.
EOF
wait -n "${pids[@]}"

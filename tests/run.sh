#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests; installs what is missing first (Debian 12 or 13; as root or through sudo).
#   tests/run.sh           everything: style, unit, golden, properties, fuzz corpora, command line,
#                          plugin, end to end with stock Traefik, the agent against a real API
#                          server (built the first time: some ten minutes), the official conformance
#                          suite (the same, and half an hour), and the command line, unit and golden
#                          tests once more under the address and undefined-behaviour sanitizers
#   tests/run.sh --quick   without conformance, sanitizers and the quick start
#   tests/run.sh --sanitized   everything with the program made with the sanitizers: hours on two cores
# With GATEFILE_TEST_SECONDS=N the long suites at the end begin only where they will have ended N
# seconds after the start, on a slow machine too; which were left out is said at the end.
# Ends with "N passed, N failed"; logs are in build/test-logs.
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/tools/packages.sh

quick='' preset=dev
[ "${1:-}" = --quick ] && quick=1
[ "${1:-}" = --sanitized ] && preset=asan
logs=build/test-logs
limit=${GATEFILE_TEST_SECONDS:-}
passed=0 failed=0 skipped=0
failures=()
left_out=()

# suite NAME COMMAND...: counts `ok`/`not ok` lines where the output has them, else the exit code.
suite() {
    name=$1; shift
    say "$name"
    start=$SECONDS
    "$@" > "$logs/$name.log" 2>&1
    code=$?
    good=$(grep -cE '^ok( |$)' "$logs/$name.log") || true
    bad=$(grep -cE '^not ok( |$)' "$logs/$name.log") || true
    if [ "$code" -eq 77 ]; then
        skipped=$((skipped + 1)); echo "    skipped: $(tail -n 1 "$logs/$name.log")"; return
    fi
    if [ "$((good + bad))" -eq 0 ]; then
        if [ "$code" -eq 0 ]; then good=1; else bad=1; fi
    elif [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad))
    echo "    $good passed, $bad failed, $((SECONDS - start)) s"
    # What a suite could not try as it is meant: whoever reads that it passed has to know.
    sed -n 's/^# NOTE: /    note: /p' "$logs/$name.log" | sort -u
    if [ "$bad" -gt 0 ]; then
        failures+=("$name")
        grep -A 40 -E '^not ok|FAILED|ERROR|error:' "$logs/$name.log" | head -n 120
    fi
}

# has_time SECONDS: whether what takes so long on a usual machine can end in time on a slow one.
has_time() { [ -z "$limit" ] || [ $((SECONDS + 2 * $1)) -le "$limit" ]; }

# fitting SECONDS NAME COMMAND...: a suite that takes so long, where there is time for it.
fitting() {
    if has_time "$1"; then
        suite "${@:2}"
    else
        say "$2"; echo "    left out: too late to end within $limit s"
        left_out+=("$2")
    fi
}

# build NAME: a build folder made with tests/presets/NAME.ini.
build() {
    say "Building build/$1"
    [ -f "build/$1/build.ninja" ] || meson setup "build/$1" --native-file "tests/presets/$1.ini" > "$logs/setup-$1.log" 2>&1 ||
        { cat "$logs/setup-$1.log"; echo "0 passed, 1 failed"; exit 1; }
    ninja -C "build/$1" > "$logs/build-$1.log" 2>&1 ||
        { grep -A 15 -E 'error|FAILED' "$logs/build-$1.log" | head -n 100; echo "0 passed, 1 failed"; exit 1; }
}

# meson_tests NAME: unit tests, properties, fuzz corpora, as TAP-like lines.
meson_tests() {
    meson test -C "build/$1" --no-rebuild --print-errorlogs --timeout-multiplier 4 |
        sed -E 's/^ *[0-9]+\/[0-9]+ +(.*[^ ]) +OK +.*$/ok - \1/; s/^ *[0-9]+\/[0-9]+ +(.*[^ ]) +(FAIL|ERROR|TIMEOUT) +.*$/not ok - \1/'
    return "${PIPESTATUS[0]}"
}

go_tests() {
    command -v go >/dev/null || export PATH="$PATH:$(tests/tools/go.sh)"
    (cd src/plugin && go vet ./... && go test -count=1 ./...)
}

# ahead NAME COMMAND...: what a later suite needs is made meanwhile, with what the tests leave of the
# machine (many of them wait); await NAME [SECONDS]: its exit code, when it is done or has_time no more.
ahead() {
    ("${@:2}") > "$logs/ahead-$1.log" 2>&1
    echo $? > "$logs/ahead-$1.code"
}
await() {
    while [ ! -e "$logs/ahead-$1.code" ] && kill -0 "$ahead" 2> /dev/null && { [ $# -lt 2 ] || has_time "$2"; }; do sleep 1; done
    code=$(cat "$logs/ahead-$1.code" 2> /dev/null) && [ "$code" -eq 0 ]
}
make_ahead() {
    ahead controlplane tests/tools/controlplane.sh
    ahead previous tests/tools/previous.sh
    [ -z "$quick" ] || return
    ahead conformance tests/tools/conformance.sh
    ahead consul tests/tools/consul.sh
    [ "$preset" = asan ] || ahead asan build asan
}

oldest_tests() {
    TRAEFIK=$(tests/tools/traefik.sh --oldest) tests/e2e/run.py --only 'http/*'
}

cluster_tests() {
    await controlplane || { cat "$logs/ahead-controlplane.log"; return 1; }
    CONTROLPLANE=$(tests/tools/controlplane.sh) || return 1
    export CONTROLPLANE
    await previous || { cat "$logs/ahead-previous.log"; return 1; }
    GATEFILE_PREVIOUS=$(tests/tools/previous.sh) || return 1
    export GATEFILE_PREVIOUS
    python3 tests/cluster/run.py "$@"
}

scale_tests() {
    await consul || { cat "$logs/ahead-consul.log"; return 1; }
    CONSUL=$(tests/tools/consul.sh) tests/e2e/scale.py
}

conformance_tests() {
    await conformance || { cat "$logs/ahead-conformance.log"; return 1; }
    tests/conformance/run.sh
}

# sanitized: what is tried once more under the address and undefined-behaviour sanitizers.
sanitized() {
    await asan 60
    built=$?
    if ! has_time 60; then
        left_out+=("all with sanitizers")
        return
    fi
    [ "$built" -eq 0 ] || { cat "$logs/ahead-asan.log"; echo "0 passed, 1 failed"; exit 1; }
    export GATEFILE=$PWD/build/asan/src/cli/gatefile
    fitting 60 asan-unit meson_tests asan
    fitting 240 asan-golden tests/golden/golden.py --unshuffled
    fitting 240 asan-cli tests/cli/run.py
    fitting 90 asan-agent tests/e2e/agent.py
    fitting 240 asan-cluster cluster_tests 'a_forbidden*' 'a_secret*' 'listener_sets*' 'grpc_routes*' 'several_clusters_share_by*' 'connections_that*'
    fitting 100 asan-hostile tests/golden/hostile.py --sample 5
}

# shellcheck disable=SC2086
need $build_packages $test_packages
mkdir -p "$logs"
build "$preset"
export GATEFILE=$PWD/build/$preset/src/cli/gatefile
export DIFFERENTIAL_CASES=$PWD/build/$preset/tests/properties/differential-cases
rm -f "$logs"/ahead-*
# A session of its own, because the kernel divides the machine among sessions first.
export -f ahead build say make_ahead
export logs quick preset
setsid nice -n 19 bash -c 'echo 19 > /proc/self/autogroup; make_ahead' 2> /dev/null &
ahead=$!
trap 'kill -- "-$ahead" 2> /dev/null' EXIT
trap 'exit 130' INT TERM
suite layers python3 tests/tools/layers.py
suite codes python3 tests/tools/codes_check.py
suite global-state python3 tests/tools/global_state.py
suite unit meson_tests "$preset"
suite golden tests/golden/golden.py
suite hostile tests/golden/hostile.py
suite cli tests/cli/run.py
suite man python3 tests/tools/man_check.py
suite man-options python3 tests/tools/man_options.py
suite monitoring python3 tests/tools/monitoring_check.py
suite alerts python3 tests/tools/alerts_check.py
suite examples python3 tests/tools/examples.py
suite completion python3 tests/tools/completion_check.py
suite ci-samples python3 tests/tools/ci_samples.py
suite promised tests/stability/promised.py
suite publication tests/stability/publication.py
suite features tests/conformance/feature_table.py
suite plugin go_tests
suite e2e tests/e2e/run.py
suite e2e-oldest oldest_tests
suite e2e-explained tests/e2e/explained.py
suite differential tests/e2e/differential.py
suite e2e-against tests/e2e/against.py
suite e2e-plugin tests/e2e/plugin.py
suite e2e-plugin-version tests/e2e/plugin_version.py
suite e2e-ejected tests/e2e/ejected.py
suite e2e-check-traefik tests/e2e/check_traefik.py
suite e2e-agent tests/e2e/agent.py
suite e2e-operate tests/e2e/operate.py
suite e2e-service tests/e2e/service.py
suite e2e-listening tests/e2e/listening.py
suite e2e-guarded tests/e2e/guarded.py
[ -z "$quick" ] || suite e2e-scale tests/e2e/scale.py
suite page tests/e2e/page.py
suite e2e-compose tests/e2e/compose.py
fitting 900 cluster cluster_tests
fitting 150 install tests/install/run.py
if [ -z "$quick" ]; then
    fitting 40 quickstart env BUILD="build/$preset" samples/quickstart/run.sh --check
    fitting 40 quickstart-left env BUILD="build/$preset" tests/e2e/quickstart.py
    fitting 240 conformance conformance_tests
    fitting 120 e2e-scale scale_tests
    [ "$preset" = asan ] || sanitized
fi
say "Summary"
[ ${#left_out[@]} -eq 0 ] || echo "left out, because the machine is too slow for $limit s: ${left_out[*]}"
[ ${#failures[@]} -eq 0 ] || echo "failed suites: ${failures[*]} (see $logs)"
if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ "$failed" -eq 0 ]

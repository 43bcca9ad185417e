#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and peak memory of each stage from manifests to bytes, per size and format; run.sh translate calls it.

    translate.py PROGRAM [--quick]

`growth` is how much longer 50,000 rules take than 10,000, over what n log n would have it: 1 is n log n, below 1 is better.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
import generate  # noqa: E402
from budget import Budget  # noqa: E402

FORMATS = ("file", "plugin")
SIZES = (1_000, 10_000, 50_000)
FROM, TO = SIZES[-2:]


def measure(program, *words):
    """{key: number}"""
    done = subprocess.run([program, *map(str, words)], stdout=subprocess.PIPE, text=True, check=True)
    return {key: float(value) for key, _, value in (pair.partition("=") for pair in done.stdout.split())}


def stages(found, kind):
    """{stage: number} of all that end in _ms or _peak_kib."""
    return {key.removesuffix(kind): value for key, value in found.items() if key[0].isdigit() and key.endswith(kind)}


def show(rules, form, found):
    times, peaks = stages(found, "_ms"), stages(found, "_peak_kib")
    print(f"{rules:>6} rules to {form:6} {sum(times.values()):>9.1f} ms, {found['peak_kib'] / 1024:>4.0f} MiB, "
          f"{found['peak_kib'] / found['objects']:.1f} KiB an object; JSON {found['json_objects_per_s']:.0f} objects/s")
    print(" " * 8 + "  ".join(f"{stage} {time:.1f} ms {peaks[stage] / 1024:.0f} MiB" for stage, time in times.items()), flush=True)


def keys(rules, form, found):
    """What the last line has of one size and format."""
    times = stages(found, "_ms")
    after = sum(time for stage, time in times.items() if stage[0] >= "3")
    yield f"{form}_{rules}_ms", f"{sum(times.values()):.1f}"
    yield f"{form}_{rules}_from_objects_ms", f"{after:.1f}"
    yield f"{form}_{rules}_peak_kib", f"{found['peak_kib']:.0f}"
    yield f"{form}_{rules}_kib_per_object", f"{found['peak_kib'] / found['objects']:.2f}"
    for stage, time in times.items():
        yield f"{form}_{rules}_{stage}_ms", f"{time:.2f}"
        yield f"{form}_{rules}_{stage}_peak_kib", f"{found[f'{stage}_peak_kib']:.0f}"


def growth(words):
    n_log_n = TO * math.log(TO) / (FROM * math.log(FROM))
    for form in FORMATS:
        for what in ("ms", "from_objects_ms"):
            less, more = (words.get(f"{form}_{rules}_{what}") for rules in (FROM, TO))
            if more:
                yield f"{form}_{what.removesuffix('ms')}growth", f"{float(more) / float(less) / n_log_n:.3f}"


def bench(program, quick, work):
    budget = Budget(quick)
    words = {}
    own = True
    for rules in SIZES:
        manifests = Path(work) / f"{rules}.json"
        generate.write(manifests, generate.cluster(rules))
        # The reading of YAML takes longest, and nothing else depends on it.
        left = 3 * (len(SIZES) - SIZES.index(rules))
        for form in (*FORMATS, "yaml"):
            if budget.left <= 0:
                break
            with budget:
                if form == "yaml":
                    found = measure(program, manifests, form)
                    words[f"yaml_objects_per_s_{rules}"] = f"{found['yaml_objects_per_s']:.0f}"
                    print(f"{rules:>6} rules read as YAML: {found['yaml_objects_per_s']:.0f} objects/s", flush=True)
                else:
                    found = measure(program, manifests, 3 if quick else 7, form, min(3600, budget.left / left))
                    show(rules, form, found)
                    words.update(keys(rules, form, found))
                    words[f"json_objects_per_s_{rules}"] = f"{found['json_objects_per_s']:.0f}"
                    own = own and found["peaks_are_own"] == 1
            left -= 1
    words.update(growth(words))
    if not own:
        print("the kernel forgets no peak: that of a stage is the highest since the start")
    print("translate", *(f"{key}={value}" for key, value in words.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        bench(arguments.program, arguments.quick, work)


if __name__ == "__main__":
    main()

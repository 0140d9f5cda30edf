#!/usr/bin/env bash
# Builds the environment that grades, once, from the wheels beside this file. It needs no network if the image has
# one of the Pythons that the wheels are for.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
source="$root/source"

suits() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c '
import json, sys, venv
sys.exit("%d.%d" % sys.version_info[:2] not in json.load(open(sys.argv[1]))["pythons"])
' "$source/export.json" >/dev/null 2>&1
}

find_python() {
    for python in python3 python3.13 python3.12 python3.11 python3.14; do
        if suits "$python"; then return 0; fi
    done
    return 1
}

if ! find_python && command -v apt-get >/dev/null 2>&1; then
    # The one thing that may be fetched: Ubuntu 22.04 has Python 3.10, and 3.11 among its packages.
    echo "This image has no Python that suits: trying apt-get install python3.11 ..."
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3.11) || true
fi
if ! find_python; then
    echo "Backmark needs one of the Pythons $(sed -n 's/.*"pythons": \[\(.*\)\].*/\1/p' "$source/export.json")" \
         "and this image has $(python3 --version 2>&1 || echo none). Choose a base image that has one," \
         "as Ubuntu 24.04 and Debian 12 have, or export again with --python-version for the one that it has (3.11 or newer)." >&2
    exit 1
fi

# Without ensurepip, which Debian and Ubuntu keep in a package of its own: pip runs out of its wheel.
"$python" -m venv --without-pip --clear "$root/venv"
pip=("$source"/wheels/pip-*.whl)
"$root/venv/bin/python" "${pip[0]}/pip" --isolated install --quiet --disable-pip-version-check --no-cache-dir \
    --no-index --find-links "$source/wheels" --only-binary :all: --require-hashes -r "$source/requirements.lock"

# For the log of this build; where submissions are graded, it is found out again.
"$root/venv/bin/python" "$source/grader.py" doctor || true

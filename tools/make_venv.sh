#!/usr/bin/env bash
# Makes .venv from requirements.lock. Does nothing while the lock and the place are the same.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv/.made-from

# What the environment was made from: the lock, our own build description, this folder.
wanted() {
    printf '%s %s' "$(cat requirements.lock build-requirements.in | sha256sum | cut -d' ' -f1)" "$PWD"
}

suitable() {
    "$1" -c 'import sys, ssl, sqlite3; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3 python /usr/bin/python3.11 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null && suitable "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    echo "OpenAlliance needs Python 3.11 (with ssl and sqlite3) and did not find it." >&2
    echo "On Debian 12: sudo apt-get install python3.11 python3.11-venv. Elsewhere: make PYTHON=/path/to/python3.11" >&2
    return 1
}

ensure_venv_module() {
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        return
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing python3.11-venv ..." >&2
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3.11-venv >/dev/null
        return
    fi
    echo "This Python cannot make virtual environments. Install what is missing, then try again:" >&2
    echo "    sudo apt-get install python3.11-venv" >&2
    return 1
}

with_uv() {
    command -v uv >/dev/null || return 1
    uv venv --quiet --clear --no-python-downloads --python "$1" .venv &&
        uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock &&
        uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
}

with_pip() {
    ensure_venv_module "$1"
    "$1" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
}

made() {
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wanted)" ] && .venv/bin/python -c '' 2>/dev/null
}

if made; then
    exit 0
fi
# Two terminals may start at once: the second waits, then finds the work done.
exec 9>.venv.lock
if command -v flock >/dev/null; then
    flock 9
    if made; then
        exit 0
    fi
fi
python=$(find_python)
echo "Preparing the Python environment in .venv (once; about a minute) ..." >&2
rm -f "$stamp"
if ! with_uv "$python"; then
    with_pip "$python"
fi
wanted > "$stamp"

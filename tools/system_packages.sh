#!/usr/bin/env bash
# Sees to what the tests need of the system: Chromium, PostgreSQL, fonts, Pango, npm and axe-core.
#
# As root on a system with apt it installs what is missing. Otherwise it says exactly what to
# install; then the tests that need it are skipped, except with CI=true, where it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

has_postgresql() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null
}

has_font() {
    command -v fc-list >/dev/null && fc-list | grep -qi "$1"
}

has_library() {
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q "$1"
}

missing_packages() {
    [ -x /usr/bin/chromium ] || echo chromium
    has_postgresql || echo postgresql
    command -v fc-list >/dev/null || echo fontconfig
    has_font dejavu || echo fonts-dejavu-core
    has_font liberation || echo fonts-liberation
    has_library libpango-1.0.so.0 || echo libpango-1.0-0
    has_library libpangoft2-1.0.so.0 || echo libpangoft2-1.0-0
    command -v npm >/dev/null || echo npm
}

install_packages() {
    echo "Installing for the tests: $* ..." >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

stop_or_skip() {
    echo "$1" >&2
    echo "    $2" >&2
    if [ "${CI:-}" = true ]; then
        exit 1
    fi
    echo "Until then the tests that need it are skipped." >&2
}

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        install_packages "${missing[@]}"
    else
        stop_or_skip "The tests need software that is not installed:" "sudo apt-get install ${missing[*]}"
    fi
fi

if command -v npm >/dev/null && ! cmp -s package-lock.json node_modules/.made-from; then
    if npm ci --silent --no-audit --no-fund; then
        cp package-lock.json node_modules/.made-from
    else
        stop_or_skip "axe-core, which checks accessibility, could not be installed:" "npm ci"
    fi
fi

#!/usr/bin/env bash
# All checks, in the order in which they fail fastest. Called by `make test`.
#
# Installs with apt what some tests need, when it may; what is missing afterwards is skipped by those tests and named
# in one closing line.
set -uo pipefail
cd "$(dirname "$0")/.."

declare -A NEEDED=(
    [chromium]=chromium [pk12util]=libnss3-tools [keytool]=default-jre-headless [openssl]=openssl [strace]=strace
    [initdb]=postgresql [qt-libraries]="libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1"
)
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)"

missing() {
    for program in "${!NEEDED[@]}"; do
        [ "$program" = qt-libraries ] && continue
        command -v "$program" >/dev/null || echo "$program"
    done
    qt_loads || echo qt-libraries
}

# What PySide6 links to; the helper's window is tested without a screen.
qt_loads() { ldconfig -p 2>/dev/null | grep -q 'libEGL\.so\.1' && ldconfig -p | grep -q 'libxkbcommon\.so\.0'; }

install() {
    local packages=()
    for program in $(missing); do read -ra wanted <<<"${NEEDED[$program]}"; packages+=("${wanted[@]}"); done
    fc-list 2>/dev/null | grep -qi 'cjk' || packages+=(fonts-noto-cjk fontconfig)
    [ ${#packages[@]} -eq 0 ] && return
    local apt=(apt-get)
    [ "$(id -u)" -eq 0 ] || apt=(sudo -n apt-get)
    echo "installing: ${packages[*]}"
    "${apt[@]}" update -qq >/dev/null 2>&1 && \
        DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y -qq --no-install-recommends "${packages[@]}" >/dev/null 2>&1 || \
        echo "could not install: ${packages[*]}"
    PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)"
}

# Tests write in memory where there is room for it: a thousand small databases then wait for no disk.
memory() {
    local room
    [ "$(df --output=avail -m /dev/shm 2>/dev/null | tail -n 1)" -gt 4000 ] 2>/dev/null || return
    room=$(mktemp -d /dev/shm/certcenter-test-XXXXXX) || return
    trap "rm -rf '$room'" EXIT
    chmod 711 "$room"  # PostgreSQL runs as a user of its own
    printf '#!/bin/sh\n' >"$room/probe" && chmod +x "$room/probe"
    "$room/probe" 2>/dev/null && export TMPDIR=$room
}
step() {
    local began=$SECONDS
    echo "── $1"
    shift
    "$@" || status=1
    echo "   $((SECONDS - began)) s"
}
install
memory
status=0
step "lint, types, import rules" make -s lint
step "page: unit tests" npm --prefix browser run --silent test
step "SDK alone, without Django" .venv/bin/pytest sdk/tests -q -n 2 --dist worksteal -p no:django -p no:cacheprovider -m "not soak"
step "server, browser and interop" .venv/bin/pytest server/tests helper/tests tests -q -n 2 --dist loadgroup -m "not soak" --durations 20
not_run=$(missing | tr '\n' ' ')
[ -z "$not_run" ] || echo "not run for want of: $not_run"
exit $status

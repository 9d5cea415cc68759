#!/usr/bin/env bash
# Creates or refreshes .venv so that it holds exactly what the lock files say, and this checkout.
# Costs nothing when nothing changed. PYTHON=/path/to/python chooses the interpreter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "$*" >&2
    exit 2
}

supported='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        if "$candidate" -c "$supported" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

locks=(requirements.txt requirements-dev.txt requirements-bootstrap.txt)
key="$(cat "${locks[@]}" pyproject.toml | cksum) $PWD"
stamp=.venv/.setup-done
if [[ -x .venv/bin/wentong && -f $stamp && $(<"$stamp") == "$key" ]] && .venv/bin/python -c "$supported" 2>/dev/null; then
    exit 0
fi

python="$(find_python)" || fail "Wentong needs Python 3.11, 3.12 or 3.13; none was found${PYTHON:+ at $PYTHON}. Install one, or name it: make setup PYTHON=/path/to/python3.11"
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$python cannot create virtual environments. Install its venv module (Debian: apt install python3-venv) and run make setup again."

if ! .venv/bin/python -c "$supported" 2>/dev/null || [[ "$(.venv/bin/python -c 'import sys; print(sys.prefix)')" != "$PWD/.venv" ]]; then
    echo "Creating .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv || fail "Could not create .venv in $PWD."
fi
rm -f "$stamp"

if ! .venv/bin/uv --version >/dev/null 2>&1; then
    echo "Installing the installer (uv)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.txt ||
        fail "Could not download uv: is the Python package index reachable?"
fi

# uv does not read pip's settings; a site that set an index for pip means it for us too.
if [[ -z ${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-} ]]; then
    index="${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}"
    [[ -z $index ]] || export UV_DEFAULT_INDEX="$index"
fi
export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-120}" VIRTUAL_ENV="$PWD/.venv"

echo "Installing $(grep -ch '==' requirements.txt) packages and the development tools (400 MB the first time)"
.venv/bin/uv pip sync --quiet --require-hashes --compile-bytecode "${locks[@]}" ||
    fail "Could not install the packages listed in ${locks[*]}."
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable . || fail "Could not install the project itself."
echo "$key" >"$stamp"
echo "Ready: .venv/bin/wentong"

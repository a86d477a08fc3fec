# Sourced by ./test: finds, installs (as root on Debian) and starts what the tests run against.
# Sets VENTANILLA_TEST_POSTGRES and VENTANILLA_TEST_REDIS, and fills $missing with what could not be had.

missing=""
lacks() { missing="$missing
  - $1"; }

install_missing() {
  wanted=""
  command -v psql >/dev/null 2>&1 && ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || wanted="$wanted postgresql"
  command -v redis-server >/dev/null 2>&1 || wanted="$wanted redis-server"
  command -v dovecot >/dev/null 2>&1 || [ -x /usr/sbin/dovecot ] || wanted="$wanted dovecot-imapd"
  [ -x /usr/bin/chromium ] || wanted="$wanted chromium"
  command -v msgfmt >/dev/null 2>&1 || wanted="$wanted gettext"
  [ -x /usr/sbin/nginx ] || wanted="$wanted nginx-light"
  [ -n "$wanted" ] || return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 0
  say "· Installing for the tests:$wanted"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $wanted; } >/tmp/ventanilla-apt.$$ 2>&1 \
    || { tail -20 /tmp/ventanilla-apt.$$ >&2; say "Some of them could not be installed."; }
  rm -f /tmp/ventanilla-apt.$$
}

find_postgres() {
  if [ -z "${VENTANILLA_TEST_POSTGRES:-}" ]; then
    if ! pg_isready -q 2>/dev/null && [ "$(id -u)" = 0 ]; then
      version=$(ls /etc/postgresql 2>/dev/null | sort -n | tail -1)
      [ -n "$version" ] && pg_ctlcluster --skip-systemctl-redirect "$version" main start >/dev/null 2>&1 || true
      for _ in 1 2 3 4 5 6 7 8 9 10; do pg_isready -q 2>/dev/null && break; sleep 0.5; done
    fi
    if [ "$(id -u)" = 0 ] && ! psql -qAt -d postgres -c 'select 1' >/dev/null 2>&1; then
      su postgres -c "createuser --superuser root" >/dev/null 2>&1 || true
    fi
    psql -qAt -d postgres -c 'select 1' >/dev/null 2>&1 && VENTANILLA_TEST_POSTGRES="postgres:///postgres"
  fi
  if [ -n "${VENTANILLA_TEST_POSTGRES:-}" ]; then export VENTANILLA_TEST_POSTGRES; else
    lacks "PostgreSQL (set VENTANILLA_TEST_POSTGRES, or: sudo apt-get install postgresql)"
  fi
}

find_redis() {
  if [ -z "${VENTANILLA_TEST_REDIS:-}" ]; then
    if ! redis-cli ping >/dev/null 2>&1 && command -v redis-server >/dev/null 2>&1; then
      redis-server --daemonize yes --bind 127.0.0.1 --port 6379 --save "" --appendonly no >/dev/null 2>&1 || true
      for _ in 1 2 3 4 5 6; do redis-cli ping >/dev/null 2>&1 && break; sleep 0.3; done
    fi
    redis-cli ping >/dev/null 2>&1 && VENTANILLA_TEST_REDIS="redis://127.0.0.1:6379/9"
  fi
  if [ -n "${VENTANILLA_TEST_REDIS:-}" ]; then export VENTANILLA_TEST_REDIS; else
    lacks "Redis (set VENTANILLA_TEST_REDIS, or: sudo apt-get install redis-server)"
  fi
}

find_programs() {
  { command -v dovecot >/dev/null 2>&1 || [ -x /usr/sbin/dovecot ]; } || lacks "Dovecot (sudo apt-get install dovecot-imapd)"
  [ -x /usr/bin/chromium ] || lacks "Chromium (sudo apt-get install chromium)"
  command -v msgfmt >/dev/null 2>&1 || lacks "gettext (sudo apt-get install gettext)"
  [ -x /usr/sbin/nginx ] || lacks "nginx (sudo apt-get install nginx-light)"
}

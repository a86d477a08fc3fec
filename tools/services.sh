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
  [ -x /usr/bin/chromium-headless-shell ] || wanted="$wanted chromium-headless-shell"
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

# A server of the tests' own, for as long as they run. It may forget everything at once: nothing waits for its disk.
start_postgres() {
  programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
  [ -n "$programs" ] || return 1
  postgres_home=$(mktemp -d)
  port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  password=$(.venv/bin/python -c 'import secrets; print(secrets.token_hex(16))')
  printf '%s\n' "$password" > "$postgres_home/password"
  as_postgres=""
  if [ "$(id -u)" = 0 ]; then
    chown -R postgres "$postgres_home"
    as_postgres="setpriv --reuid=postgres --regid=postgres --clear-groups"
  fi
  $as_postgres "$programs/initdb" -D "$postgres_home/data" --no-sync --auth=scram-sha-256 --username=ventanilla \
    --pwfile="$postgres_home/password" --encoding=UTF8 --locale=C.UTF-8 >"$postgres_home/log" 2>&1 || return 1
  cat >> "$postgres_home/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$postgres_home'
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
CONF
  $as_postgres "$programs/pg_ctl" -D "$postgres_home/data" start -w -l "$postgres_home/data/log" >/dev/null || return 1
  VENTANILLA_TEST_POSTGRES="postgres://ventanilla:$password@127.0.0.1:$port/postgres"
}

stop_postgres() {
  [ -n "${postgres_home:-}" ] || return 0
  $as_postgres "$programs/pg_ctl" -D "$postgres_home/data" stop -m immediate >/dev/null 2>&1 || true
  rm -rf "$postgres_home"
}

find_postgres() {
  if [ -n "${VENTANILLA_TEST_POSTGRES:-}" ] || start_postgres; then export VENTANILLA_TEST_POSTGRES; else
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

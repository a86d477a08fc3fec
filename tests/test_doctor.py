"""`ventanilla doctor`: what is well, what is not, and what to type, in the caller's language."""

import pytest

from tests.installations import SET_UP, Installation, prepared

pytestmark = [pytest.mark.crash]

ALIVE = SET_UP + "from ventanilla.events.beat import beat\nbeat()\n"
BROKEN_MAIL = SET_UP + (
    "from ventanilla.mail.models import Mailbox\n"
    "Mailbox.objects.update(fetch_error='LoginError: no such user', imap_host='imap.example')"
)


@pytest.fixture
def installation(tmp_path):
    return prepared(tmp_path / "data")


def line(said: str, about: str) -> str:
    """The line about something, and the one below when it is a remedy."""
    lines = said.splitlines()
    place = next(number for number, text in enumerate(lines) if text[2:].startswith(f"{about}:"))
    below = lines[place + 1 : place + 2]
    return lines[place] + (below[0] if below and below[0].startswith("    →") else "")


def test_all_is_well_and_then_it_is_not(installation):
    installation.run(code=ALIVE)
    well = {"VENTANILLA_URL": "https://help.example.org", "VENTANILLA_TRUSTED_PROXIES": "127.0.0.1"}
    said = installation.run("doctor", **well)
    assert "✗" not in said and said.count("✓") == 14

    (installation.data / "keys" / "signing").chmod(0o644)
    installation.run(code=BROKEN_MAIL)
    said = installation.run("doctor", expect=1, REDIS_URL="redis://127.0.0.1:1/0", LANG="es_ES.UTF-8")
    assert line(said, "Claves").startswith("✗") and "chmod -R u=rwX,go=" in line(said, "Claves")
    assert line(said, "Correo").startswith("✗") and "LoginError: no such user" in line(said, "Correo")
    assert "REDIS_URL" in line(said, "Redis") and line(said, "Redis").startswith("✗")
    assert "VENTANILLA_URL=https://" in line(said, "Dirección")
    assert line(said, "Base de datos").startswith("✓ Base de datos: SQLite")


def test_an_installation_that_is_not_prepared_is_named_line_by_line(tmp_path):
    said = Installation(tmp_path / "new").run("doctor", expect=1)
    assert "ventanilla upgrade" in line(said, "Migrations")
    assert line(said, "Keys").startswith("✓") and line(said, "Background").startswith("✗")


def test_a_database_that_is_away_is_named(tmp_path):
    away = Installation(tmp_path / "data", "postgres://nobody@127.0.0.1:1/none")
    said = away.run("doctor", expect=1)
    assert line(said, "Database").startswith("✗") and "127.0.0.1" in line(said, "Database")


def test_https_without_a_trusted_proxy_is_named(installation):
    said = installation.run("doctor", expect=1, VENTANILLA_URL="https://help.example.org")
    assert "VENTANILLA_TRUSTED_PROXIES" in line(said, "Proxies")

"""Fixtures for all tests: the desk's rows, people, ready-made tickets, a signed-in client."""

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test import Client, TransactionTestCase
from django.utils import timezone

from tests import kept
from tests.environment import SHARES
from tests.installations import forget, migrated_postgresql, prepared
from ventanilla.core.crypto import seal
from ventanilla.core.hours import ALWAYS
from ventanilla.desk.counts import forget_counts
from ventanilla.events import schema as events_schema
from ventanilla.events import ticker
from ventanilla.installation.queries import forget_cached
from ventanilla.people.actions import create_person
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person, Role, SecondStep, Team
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Ticket

PASSWORD = "correct horse battery"
# One pass over 8 KiB: what makes a stolen table hard to read would be a tenth of the suite's time.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1
_HASH = make_password(PASSWORD, hasher="argon2")
SETUP = Author.system("test")
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def pytest_configure() -> None:
    """Look a static file up when it is asked for: every new client would list them all first."""
    settings.WHITENOISE_AUTOREFRESH = True
    TransactionTestCase._fixture_teardown = _emptied  # type: ignore[method-assign]


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look for garbage in it again and again would be a tenth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _emptied(_case: TransactionTestCase) -> None:
    """Take away what a test has committed, so that any other may follow."""
    kept.empty()
    events_schema.ensure()


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    forget_cached()
    forget_counts()
    yield
    forget_cached()
    forget_counts()


@dataclass
class People:
    """One person of each role, and a customer's two; `stranger` has nothing to do with any ticket."""

    administrator: Person
    supervisor: Person
    agent: Person
    reader: Person
    requester: Person
    colleague: Person
    manager: Person
    stranger: Person

    def everybody(self) -> dict[str, Person]:
        return dict(self.__dict__)


def make_person(name: str, role: str, **more: Any) -> Person:
    staff = role not in ("requester", "requester-manager")
    person = create_person(
        by=SETUP,
        name=name,
        email=f"{name.split()[0].lower()}@people.example",
        role=Role.objects.get(key=role),
        teams=more.pop("teams", list(Team.objects.order_by("id")[:1]) if staff else ()),
        password_hash=_HASH,
        language=more.pop("language", "en"),
        verified=True,
        **more,
    )
    if staff:
        # What agents are told is not to depend on the hour at which tests run.
        person.working_hours = ALWAYS.stored()
        person.save(update_fields=["working_hours"])
    if role == "administrator":
        protect(person)
    return person


def protect(person: Person) -> None:
    """Give somebody an app with `APP_SECRET` as their second step, as administrators must have one."""
    SecondStep.objects.create(person=person, kind=SecondStep.Kind.APP, secret=seal(APP_SECRET, settings.SEALING_KEYS))
    person.protected_at = timezone.now()
    person.save(update_fields=["protected_at"])


def _make_people() -> People:
    customer = Organization.objects.create(name="Customer Ltd", domains=["customer.example"])
    return People(
        administrator=make_person("Amalia Admin", "administrator"),
        supervisor=make_person("Sonia Super", "supervisor"),
        agent=make_person("Aitor Agent", "agent"),
        reader=make_person("Rita Reader", "read-only-agent"),
        requester=make_person("Leire Requester", "requester", organization=customer),
        colleague=make_person("Carlos Colleague", "requester", organization=customer),
        manager=make_person("Marta Manager", "requester-manager", organization=customer),
        stranger=make_person("Sergio Stranger", "requester"),
    )


@pytest.fixture(scope="session")
def _made(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, int]]:
    """The people of all tests, made once by the actions that make them; each by the name of their attribute.

    Threads and killed children may leave sessions open, and PostgreSQL drops no database that somebody uses.
    """
    with django_db_blocker.unblock():
        kept.keep("desk")
        with transaction.atomic():
            made = _make_people()
        kept.keep("people", beside="desk")
        kept.empty()
        events_schema.ensure()
    yield {name: person.pk for name, person in made.everybody().items()}
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def people(_made: dict[str, int], db: None) -> People:
    with transaction.atomic():
        kept.give("people")
    forget_cached()
    rows = Person.objects.select_related("role", "organization").in_bulk(_made.values())
    return People(**{name: rows[pk] for name, pk in _made.items()})


@pytest.fixture
def make_ticket(people: People) -> Callable[..., Ticket]:
    """Open a ticket: by the requester in the portal unless said otherwise."""

    def make(subject: str = "The printer prints symbols", text: str = "Please help.", **more: Any) -> Ticket:
        requester = more.pop("requester", people.requester)
        return open_ticket(
            by=more.pop("by", Author.of(requester)),
            requester=requester,
            subject=subject,
            content=more.pop("content", Content.of_text(text)),
            channel=more.pop("channel", Ticket.Channel.PORTAL),
            **more,
        )

    return make


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket]) -> Ticket:
    return make_ticket()


@pytest.fixture
def sign_in() -> Callable[[Person], Client]:
    """A browser of its own in which the person is signed in."""

    def enter(person: Person) -> Client:
        client = Client(headers={"host": "localhost"})
        client.force_login(person, backend="ventanilla.people.backends.PersonBackend")
        return client

    return enter


@pytest.fixture
def run_background() -> Callable[[], int]:
    """Do everything that is due in the background, as worker and ticker would; returns how many rows were taken."""

    def run() -> int:
        total = 0
        while taken := ticker.tick():
            total += taken
        return total

    return run


@pytest.fixture(autouse=True)
def _media(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert str(settings.DATA) in default_storage.path("x")


@pytest.fixture(scope="session")
def django_db_keepdb(worker_id: str) -> bool:
    """Of several workers none migrates a database of its own: each takes a copy of one that was migrated once."""
    return worker_id != "master"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_keepdb: bool
) -> Iterator[None]:
    """Put the worker's copy where its database is to be; on PostgreSQL, take it away at the end."""
    name = connection.creation._get_test_db_name()
    if not django_db_keepdb:
        yield
    elif connection.vendor == "sqlite":
        prepared(Path(name).parent / "model")
        (Path(name).parent / "model" / "ventanilla.sqlite3").rename(name)
        yield
    else:
        model = migrated_postgresql().rpartition("/")[2]
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name} TEMPLATE {model}")
        yield
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def pytest_unconfigure() -> None:
    """Whoever made what its workers share takes it away; `./test` does so after both engines."""
    if SHARES:
        forget()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What touches no database is `pure`: one engine is enough for it.

    For all others the rows that tests begin with are kept first of all: inside a test they would go with it.
    """
    for item in items:
        if _uses_database(item):
            item.fixturenames.insert(0, "_made")  # type: ignore[attr-defined]
        else:
            item.add_marker("pure")


def _uses_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & {"db", "transactional_db", "live_server"}) or bool(item.get_closest_marker("django_db"))

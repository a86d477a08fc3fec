"""`ventanilla move`: from SQLite to PostgreSQL and back, every row the same, and it runs on."""

import pytest

from tests.installations import SET_UP, Installation, postgresql, prepared

pytestmark = [pytest.mark.crash, pytest.mark.postgres]

# A number that was used and is gone must not come back: a token is made and deleted last.
LAST = (
    SET_UP
    + """
from ventanilla.people.models import Organization
Organization.objects.create(name="Gone").delete()
"""
)
GOES_ON = (
    SET_UP
    + """
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person
from ventanilla.search.audience import Audience
from ventanilla.search.queries import find
from ventanilla.search.query import parse
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Ticket

person = Person.objects.order_by("pk").first()
before = Ticket.objects.count()
opened = open_ticket(by=Author.of(person), requester=person, subject="Wasserkocher", channel=Ticket.Channel.PORTAL,
                     content=Content.of_text("x"))
assert Ticket.objects.count() == before + 1
everybody = Audience(alternatives=[frozenset()])
for text in ("impresora", "impresoras", '"no imprime"', "wasserkocher"):
    print(text, len(find(everybody, parse(text)).hits))
print(Organization.objects.create(name="Next").pk)
"""
)


def test_there_and_back(tmp_path):
    here = prepared(tmp_path / "data")
    here.run("demo", "load")
    here.run(code=LAST)
    before = here.neutral_rows()
    assert len(before["tickets_ticket"]) > 5
    with postgresql() as url:
        there = Installation(tmp_path / "data", url)
        assert "rows copied" in here.run("move", "--to", url)
        assert there.neutral_rows() == before == here.neutral_rows()
        assert "not empty" in here.run("move", "--to", url, expect=1)
        assert "append-only" in there.run(code=REFUSED)

        back = Installation(tmp_path / "data", f"sqlite:///{tmp_path}/back.sqlite3")
        there.run("move", "--to", back.url)
        assert back.neutral_rows() == before
        assert "append-only" in back.run(code=REFUSED)
        answers = {place.run(code=GOES_ON) for place in (here, there, back)}
        assert len(answers) == 1, answers


REFUSED = (
    SET_UP
    + """
from django.db import DatabaseError
from ventanilla.events.models import Event
try:
    Event.objects.update(kind="x")
except DatabaseError as error:
    print(error)
"""
)


def test_what_the_other_refuses_leaves_it_empty(tmp_path):
    here = prepared(tmp_path / "data")
    # SQLite stores what PostgreSQL cannot.
    here.run(code=SET_UP + "from ventanilla.people.models import Organization\n"
             "Organization.objects.create(name='a\\x00b')")  # fmt: skip
    with postgresql() as url:
        said = here.run("move", "--to", url, expect=1)
        assert "is empty again" in said
        assert Installation(tmp_path / "data", url).rows() == {}

"""The same condition as a query and as a predicate, over tickets: whatever the Spec offers, both say the same."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.plugin import SETUP
from ventanilla.fields.actions import create_field
from ventanilla.fields.compile_predicate import compile_predicate, in_order
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.conditions import WITH_LIST, WITHOUT_VALUE, All, Comparison, Either, Not
from ventanilla.fields.kinds import CHOICES, Reading
from ventanilla.fields.registry import spec_of
from ventanilla.fields.spec import Field, Spec
from ventanilla.fields.values import as_held
from ventanilla.people.models import Organization, Person
from ventanilla.people.viewer import viewer
from ventanilla.tickets.custom import missing
from ventanilla.tickets.models import Tag, Ticket
from ventanilla.tickets.vocabulary import words

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXTS = ("Avería", "AVERÍA en la red", "100% lento", "a_b", "averia", "Niño", "(x) [y] \\z", "ÑU")
WHENS = ("today", "last_week", "this_month", "-2d", "+36h", "-90m", "2026-11-22", "2026-11-23T11:30+00:00")


@pytest.fixture
def reading(people) -> Reading:
    who = people.agent
    return Reading(person_id=who.pk, now=NOW, zone=ZoneInfo("Europe/Madrid"), viewer=viewer(who))


VALUES = {
    "text": ("Avería", "100% lento", "averia", "AVERÍA en la red"),
    "number": ("3", "12.5", "-4"),
    "money": ("3.00", "1200.50"),
    "date": ("2026-11-22", "2026-11-23", "2026-12-01"),
    "moment": ("2026-11-22T23:30:00Z", "2026-11-23T11:30:00Z"),
    "yes_no": ("1", "0"),
    "choice": ("a", "b"),
    "choices": (["a"], ["a", "b"]),
    "person": ("1", "2"),
    "reference": ("1", "2"),
}
OPTIONS = ({"key": "b", "label": {"en": "First"}}, {"key": "a", "label": {"en": "Second"}})


@pytest.fixture
def fields(people) -> None:
    """A custom field of each kind for tickets, persons and organizations."""
    for entity in ("ticket", "person", "organization"):
        for kind in dict.fromkeys(("choices", "choice", *VALUES)):
            options = OPTIONS if kind in ("choice", "choices") else ()
            more: dict = {"required": True} if (entity, kind) == ("ticket", "text") else {}
            if entity == "ticket" and kind == "number":
                more = {"required": True, "required_when": ["custom.choice", "in", ["a"]], "types": ["incident"]}
            if entity == "ticket" and kind == "choice":
                more = {"visible_when": ["custom.choices", "in", ["b"]]}
            create_field(by=SETUP, entity=entity, key=kind, kind=kind, label={"en": kind}, options=options, **more)


def values_by(chance: random.Random) -> dict:
    return {kind: chance.choice(values) for kind, values in VALUES.items() if chance.random() < 0.7}


@pytest.fixture
def tickets(people, fields, make_ticket) -> list[dict]:
    """Tickets with values by chance, always the same ones, as snapshots."""
    chance, known, spec = random.Random(7), words(), spec_of("ticket")
    others = [Organization.objects.create(name=name, custom=values_by(chance)) for name in ("Uno", "Dos")]
    for person in (people.requester, people.colleague):
        Person.objects.filter(pk=person.pk).update(custom=values_by(chance))
    tags = [Tag.objects.create(name=name) for name in ("vpn", "red")]
    for _number in range(14):
        ticket = make_ticket(chance.choice(TEXTS))
        moment = {name: NOW + timedelta(minutes=chance.randint(-14_000, 4_000)) for name in "abcde"}
        Ticket.objects.filter(pk=ticket.pk).update(
            priority=chance.choice(list(known.priorities)),
            status=chance.choice(list(known.statuses)),
            status_category=chance.randint(1, 5),
            is_open=chance.randint(0, 1),
            assignee=chance.choice([None, people.agent, people.supervisor]),
            team=chance.choice([None, *known.teams]),
            category=chance.choice([None, *known.categories]),
            impact=chance.choice([None, *known.impacts]),
            channel=chance.choice(["mail", "desk", "phone"]),
            restricted=chance.choice([True, False]),
            due_at=chance.choice([None, moment["a"]]),
            sort_due_at=chance.choice([NOW, moment["b"]]),
            created_at=moment["c"],
            updated_at=moment["d"],
            resolved_at=chance.choice([None, moment["e"]]),
            custom=values_by(chance),
            type=chance.choice(list(known.types)),
            requester=chance.choice([people.requester, people.colleague, people.manager]),
            organization=chance.choice([None, *others]),
        )
        ticket.tags.set(chance.sample(tags, chance.randint(0, 2)))
    return [snapshot(spec, row) for row in Ticket.objects.order_by("id")]


def snapshot(spec: Spec, row: Ticket) -> dict:
    held = {}
    for field in spec.fields:
        values = list(Ticket.objects.filter(pk=row.pk).values_list(field.path, flat=True))
        if field.key == "missing":
            held[field.key] = bool(missing(row))
            continue
        if field.made is not None:
            held[field.key] = as_held(field.made, (values[0] or {}).get(field.made.key))
            continue
        held[field.key] = [value for value in values if value is not None] if field.kind is CHOICES else values[0]
    for sort in spec.sorts:
        for path in sort.paths:
            held[path] = Ticket.objects.filter(pk=row.pk).values_list(path, flat=True)[0]
    return {**held, "id": row.pk}


def values_of(field: Field, reading: Reading) -> st.SearchStrategy:
    if field.kind.keyed:
        gone = [] if field.kind.name == "yes_no" else ["gone"]
        return st.sampled_from([*gone, *field.option_map(reading)])
    return {
        "text": st.sampled_from(["avería", "AVER", "%", "_", "niño", "ñu", "(x) [y] \\z", "averia", "[y]"]),
        "yes_no": st.booleans(),
        "moment": st.sampled_from(WHENS),
        "date": st.sampled_from(WHENS),
        "person": st.sampled_from(["me", 1, 2, 3, 4]),
    }.get(field.kind.name, st.sampled_from([0, 1, 3, 5, 12.5, 1200.5]))


def comparisons_of(field: Field, reading: Reading) -> st.SearchStrategy:
    value = values_of(field, reading)
    return st.sampled_from(field.kind.operators).flatmap(
        lambda operator: (
            st.just(Comparison(field.key, operator))
            if operator in WITHOUT_VALUE
            else (st.lists(value, min_size=1, max_size=3).map(tuple) if operator in WITH_LIST else value).map(
                lambda one: Comparison(field.key, operator, one)
            )
        )
    )


def conditions(reading: Reading) -> st.SearchStrategy:
    every = [field for field in spec_of("ticket").fields if field.filterable]
    built_in, made = ([field for field in every if bool(field.made) is own] for own in (False, True))
    leaves = st.one_of(st.sampled_from(built_in), st.sampled_from(made)).flatmap(
        lambda field: comparisons_of(field, reading)
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda parts: Either(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=6,
    )


def test_query_and_predicate_agree_in_what_they_find_and_in_its_order(tickets, reading):
    spec = spec_of("ticket")

    @settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=250, database=None)
    @given(conditions(reading), st.sampled_from([sort for sort in spec.sorts if sort.paths]), st.booleans())
    def agree(condition, sort, reverse):
        last = sort.paths[-1].startswith("-")
        order = [
            path.removeprefix("-") if path.startswith("-") is reverse else f"-{path.removeprefix('-')}"
            for path in (*sort.paths, "-id" if last else "id")
        ]
        found = Ticket.objects.filter(compile_q(condition, spec, reading)).order_by(*order)
        holds = compile_predicate(condition, spec, reading)
        held = in_order([one for one in tickets if holds(one)], sort.paths, reverse=reverse)
        assert [one["id"] for one in held] == list(found.values_list("pk", flat=True))

    agree()

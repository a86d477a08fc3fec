"""The API against its own description: schemathesis sends what the description allows, and what it does not."""

import json
from functools import cache

import pytest
import schemathesis
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.plugin import SETUP, make_person
from ventanilla.api.actions import create_token
from ventanilla.people.author import Author
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Ticket

OPERATIONS = [
    ("GET", "/api/v1/tickets"),
    ("POST", "/api/v1/tickets"),
    ("GET", "/api/v1/tickets/{number}"),
    ("PATCH", "/api/v1/tickets/{number}"),
    ("GET", "/api/v1/tickets/{number}/messages"),
    ("POST", "/api/v1/tickets/{number}/messages"),
    ("GET", "/api/v1/tickets/{number}/events"),
    ("GET", "/api/v1/fields"),
    ("GET", "/api/v1/tickets/{number}/links"),
    ("POST", "/api/v1/tickets/{number}/links"),
    ("DELETE", "/api/v1/tickets/{number}/links/{link}"),
    ("POST", "/api/v1/tickets/{number}/merge"),
    ("POST", "/api/v1/tickets/{number}/unmerge"),
    ("POST", "/api/v1/tickets/{number}/hand-over"),
    ("POST", "/api/v1/tickets/{number}/ask"),
    ("POST", "/api/v1/tickets/{number}/data"),
    ("POST", "/api/v1/tickets/{number}/split"),
    ("POST", "/api/v1/tickets/{number}/split/undo"),
    ("GET", "/api/v1/tickets/{number}/tasks"),
    ("POST", "/api/v1/tickets/{number}/tasks"),
    ("PATCH", "/api/v1/tickets/{number}/tasks/{task}"),
    ("DELETE", "/api/v1/tickets/{number}/tasks/{task}"),
    ("GET", "/api/v1/tickets/{number}/checklists"),
    ("POST", "/api/v1/tickets/{number}/checklists"),
    ("PATCH", "/api/v1/tickets/{number}/checklists/{checklist}"),
    ("DELETE", "/api/v1/tickets/{number}/checklists/{checklist}"),
    ("GET", "/api/v1/checklist-templates"),
    ("GET", "/api/v1/tickets/{number}/time"),
    ("POST", "/api/v1/tickets/{number}/time"),
    ("PATCH", "/api/v1/tickets/{number}/time/{entry}"),
    ("DELETE", "/api/v1/tickets/{number}/time/{entry}"),
    ("GET", "/api/v1/tickets/{number}/clocks"),
    ("GET", "/api/v1/activities"),
    ("GET", "/api/v1/time"),
    ("GET", "/api/v1/time/entries"),
    ("GET", "/api/v1/time/locks"),
    ("POST", "/api/v1/time/locks"),
    ("DELETE", "/api/v1/time/locks/{month}"),
    ("GET", "/api/v1/search"),
    ("GET", "/api/v1/mail/{raw}"),
    ("POST", "/api/v1/uploads"),
    ("GET", "/api/v1/macros"),
    ("POST", "/api/v1/tickets/{number}/macros/{key}"),
    ("GET", "/api/v1/views"),
    ("POST", "/api/v1/views"),
    ("GET", "/api/v1/views/{view_key}"),
    ("PATCH", "/api/v1/views/{view_key}"),
    ("DELETE", "/api/v1/views/{view_key}"),
    ("POST", "/api/v1/bulk"),
    ("GET", "/api/v1/bulk/{run}"),
    ("POST", "/api/v1/bulk/{run}/undo"),
    ("GET", "/api/v1/persons"),
    ("GET", "/api/v1/persons/{person}"),
    ("GET", "/api/v1/organizations"),
    ("GET", "/api/v1/organizations/{organization}"),
    ("GET", "/api/v1/persons/{person}/merges"),
    ("POST", "/api/v1/persons/{person}/merge"),
    ("POST", "/api/v1/persons/merges/{merge}/undo"),
    ("GET", "/api/v1/configuration"),
    ("POST", "/api/v1/configuration"),
    ("GET", "/api/v1/settings"),
    ("GET", "/api/v1/settings/{chapter}"),
    ("POST", "/api/v1/settings/{chapter}"),
    ("PATCH", "/api/v1/settings/{chapter}"),
    ("PUT", "/api/v1/settings/{chapter}/order"),
    ("GET", "/api/v1/settings/{chapter}/rows/{row_key}"),
    ("PATCH", "/api/v1/settings/{chapter}/rows/{row_key}"),
    ("DELETE", "/api/v1/settings/{chapter}/rows/{row_key}"),
]


@cache  # it is the same for everybody, and a quarter of each test
def description() -> bytes:
    answer = Client(headers={"host": "localhost"}).get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.content


def described() -> dict:
    return json.loads(description())


def test_every_operation_is_tried_here(db):
    found = {(method.upper(), path) for path, methods in described()["paths"].items() for method in methods}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize(
    "mode",
    [
        pytest.param(GenerationMode.POSITIVE, id="allowed"),
        # What is refused never comes to the engine.
        pytest.param(GenerationMode.NEGATIVE, id="not-allowed", marks=pytest.mark.pure),
    ],
)
def test_the_api_keeps_to_its_description(live_server, method, path, mode):
    # Agents can neither reach the configuration nor merge people; all else is tried as one.
    ruling = any(part in path for part in ("/settings", "/configuration", "/persons/{person}/merge", "/persons/merges"))
    role = "administrator" if ruling else "agent"
    agent, requester = make_person("Aitor Agent", role), make_person("Leire Requester", "requester")
    open_ticket(
        by=Author.of(requester), requester=requester, subject="x", content=Content.of_text("x"),
        channel=Ticket.Channel.PORTAL,
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {create_token(by=SETUP, person=agent)}"}
    operation = schemathesis.openapi.from_dict(described())[path][method]

    # Making a request up costs far more than answering it; the other engine is asked the first few again.
    examples = 12 if connection.vendor == "sqlite" else 4

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_it(case):
        # A description cannot say that an upload must exist or a text must not be blank: what it allows may be refused.
        case.call_and_validate(base_url=live_server.url, headers=headers, excluded_checks=[positive_data_acceptance])

    try_it()

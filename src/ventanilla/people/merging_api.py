"""Merging two records of one person in the REST API: what their pages do, with the same right to manage people."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from ventanilla.people.api_base import HIGHEST_ID, Input, author_with
from ventanilla.people.author import Author
from ventanilla.people.merging import merge_persons, unmerge_persons
from ventanilla.people.models import PersonMerge
from ventanilla.people.queries import merge_with, merges_into, person_by_id, person_with
from ventanilla.people.rights import Right

router = Router(tags=["merges"])


class MergeIn(Input):
    """Who stays: an id of `/persons`. All that is the other's becomes theirs."""

    into: int = Field(ge=1, le=HIGHEST_ID)


class MergeOut(Schema):
    """A merge: `person` is part of `into`, until it is undone. `moved`: how many rows went over and are remembered."""

    id: int
    person: int
    into: int
    moved: int
    merged_at: datetime
    undone_at: datetime | None


class MergeList(Schema):
    """Merges."""

    items: list[MergeOut]


@router.get("/persons/{int:person}/merges", response=MergeList, summary="Who was merged into a person")
def list_merges(request: HttpRequest, person: int) -> dict[str, Any]:
    """The merges into this person that have not been undone."""
    _author(request)
    return {"items": [_merge_out(row) for row in merges_into(person_with(_id(person)))]}


@router.post("/persons/{int:person}/merge", response={201: MergeOut}, summary="Merge a person into another")
def merge_person(request: HttpRequest, person: int, payload: MergeIn) -> tuple[int, dict[str, Any]]:
    """Make `into` the owner of all that is this person's: addresses, tickets, messages. Nobody signs in as them any
    more, and mail from their addresses is `into`'s. Whoever works at the desk is not merged away."""
    by = _author(request)
    row, into = person_with(_id(person)), person_by_id(payload.into)
    if into is None:
        raise ValidationError({"into": _("Nobody has this number.")})
    return 201, _merge_out(merge_persons(by=by, person=row, into=into))


@router.post("/persons/merges/{int:merge}/undo", response=MergeOut, summary="Undo a merge")
def undo_merge(request: HttpRequest, merge: int) -> dict[str, Any]:
    """Give back exactly what moved, wherever it is still where the merge put it."""
    by = _author(request)
    found = merge_with(_id(merge))
    if found is None:
        raise Http404
    unmerge_persons(by=by, merge=found)
    found.refresh_from_db()
    return _merge_out(found)


def _author(request: HttpRequest) -> Author:
    """Who may manage people."""
    return author_with(request, Right.PEOPLE)


def _id(given: int) -> int:
    """The id, unless no row can have it."""
    if given > HIGHEST_ID:
        raise Http404
    return given


def _merge_out(row: PersonMerge) -> dict[str, Any]:
    return {
        "id": row.pk,
        "person": row.person_id,
        "into": row.into_id,
        "moved": row.moves.count(),
        "merged_at": row.created_at,
        "undone_at": row.undone_at,
    }

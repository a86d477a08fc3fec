"""Saved views in the REST API: the same rights and the same actions as the pages."""

from typing import Annotated, Any, Literal

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from ventanilla.core.addresses import reverse
from ventanilla.people.api_base import Input
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Team
from ventanilla.people.viewer import viewer
from ventanilla.saved_views.actions import LONGEST_NAME, archive_view, change_view, create_view, may_change
from ventanilla.saved_views.models import SavedView
from ventanilla.saved_views.queries import team_with, view_for, views_of

router = Router(tags=["views"])

Name = Annotated[str, StringConstraints(max_length=LONGEST_NAME)]
Short = Annotated[str, StringConstraints(max_length=80)]
Columns = Annotated[list[Short], Field(max_length=100)]
Condition = Annotated[
    list[Any], Field(description='As stored: `["and", ["open", "is", true], ["team", "in", ["n1"]]]`.')
]


class Label(Input):
    """The name by language; either is enough."""

    es: Name | None = None
    en: Name | None = None


class ViewIn(Input):
    """A new view. Without columns a list has those its reader chose; `team` is a key, for `audience: team`."""

    label: Label
    condition: Condition
    audience: Literal["owner", "team", "everyone"] = "owner"
    team: Short | None = None
    columns: Columns = []
    sort: Short = ""
    grouping: Literal["none", "due"] = "due"
    pinned: bool = False


class ViewPatch(Input):
    """New values of some of it."""

    label: Label | None = None
    condition: Condition | None = None
    audience: Literal["owner", "team", "everyone"] | None = None
    team: Short | None = None
    columns: Columns | None = None
    sort: Short | None = None
    grouping: Literal["none", "due"] | None = None
    pinned: bool | None = None


class ViewOut(Schema):
    """A view; `GET /tickets?view=KEY` lists what is in it. `may_change`: whether you may change or delete it."""

    key: str
    label: dict[str, str]
    audience: Literal["owner", "team", "everyone"]
    team: str | None
    condition: list[Any]
    columns: list[str]
    sort: str
    grouping: Literal["none", "due"]
    pinned: bool
    may_change: bool


class ViewList(Schema):
    """All views you have, in their order."""

    items: list[ViewOut]


@router.get("/views", response=ViewList, summary="The saved views you have")
def list_views(request: HttpRequest) -> dict[str, Any]:
    """Your own, those of your teams, and those for everybody."""
    by = Author.of(_person(request))
    return {"items": [_out(by, view) for view in views_of(viewer(_person(request)))]}


@router.post("/views", response={201: ViewOut}, summary="Save a view")
def post_view(request: HttpRequest, payload: ViewIn, response: HttpResponse) -> tuple[int, dict[str, Any]]:
    """A new view of yours. To share it with a team or everybody needs the right to."""
    by, given = Author.of(_person(request)), payload.model_dump()
    given["team"] = _team(payload.team)
    view = create_view(by=by, owner=_person(request), **given)
    response["Location"] = reverse("api:read_view", args=[view.key])
    return 201, _out(by, view)


@router.get("/views/{view_key}", response=ViewOut, url_name="read_view", summary="One view")
def read_view(request: HttpRequest, view_key: str) -> dict[str, Any]:
    """One of the views you have."""
    return _out(Author.of(_person(request)), view_for(viewer(_person(request)), view_key))


@router.patch("/views/{view_key}", response=ViewOut, summary="Change a view")
def patch_view(request: HttpRequest, view_key: str, payload: ViewPatch) -> dict[str, Any]:
    """Change some of a view."""
    by = Author.of(_person(request))
    view = view_for(viewer(_person(request)), view_key)
    if not may_change(by, view):
        raise PermissionDenied
    given = {name: value for name, value in payload.model_dump(exclude_unset=True).items() if value is not None}
    if "team" in given:
        given["team"] = _team(given["team"])
    if "label" in given:
        given["label"] = {**view.label, **{code: text for code, text in given["label"].items() if text is not None}}
    return _out(by, change_view(by=by, view=view, **given))


@router.delete("/views/{view_key}", response={204: None}, summary="Delete a view")
def delete_view(request: HttpRequest, view_key: str) -> tuple[int, None]:
    """Take a view away from whoever has it."""
    archive_view(by=Author.of(_person(request)), view=view_for(viewer(_person(request)), view_key))
    return 204, None


def _person(request: HttpRequest) -> Person:
    person: Person = request.auth  # type: ignore[attr-defined]
    return person


def _team(key: str | None) -> Team | None:
    if key is None:
        return None
    found = team_with(key)
    if found is None:
        raise ValidationError({"team": _("There is no “%(key)s”.") % {"key": key}})
    return found


def _out(by: Author, view: SavedView) -> dict[str, Any]:
    names = ("key", "label", "audience", "condition", "columns", "sort", "grouping", "pinned")
    return {name: getattr(view, name) for name in names} | {
        "team": view.team.key if view.team else None,
        "may_change": may_change(by, view),
    }

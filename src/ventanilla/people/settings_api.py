"""The configuration in the REST API: row by row, and the whole of it as text.

A row is said as in a bundle (`ventanilla config export`), what it names by key. The same actions and rights as in the
studio; each change stands on the audit list by itself.
"""

from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from ventanilla.core.addresses import reverse
from ventanilla.fields.bundle_text import MOST_BYTES
from ventanilla.fields.bundles import (
    BundleProblem,
    Chapter,
    Difference,
    chapters,
    compared,
    drop_row,
    exported,
    imported,
    order_rows,
    rows_of,
    write_row,
)
from ventanilla.fields.conditions import storable
from ventanilla.people.api_base import Input, author_with
from ventanilla.people.author import Author
from ventanilla.people.rights import Right

router = Router(tags=["settings"])

_DEEPEST = 12

Key = Annotated[str, StringConstraints(max_length=80)]


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """The value, unless it is nested deeper than any configuration, or has characters that no text has."""

    def look(part: Any, depth: int) -> None:
        if depth > _DEEPEST:
            raise ValueError(_("This is nested deeper than a configuration is."))
        if isinstance(part, dict):
            for name, inner in part.items():
                look(name, depth)
                look(inner, depth + 1)
        elif isinstance(part, list):
            for inner in part:
                look(inner, depth + 1)
        elif isinstance(part, str) and not storable(part):
            raise ValueError(_("There are characters here that cannot be kept."))

    look(value, 0)
    return value


# What the attributes are, `names` of `GET /settings` and the rows that are there tell.
Row = Annotated[dict[str, Any], AfterValidator(_plain), WithJsonSchema({"type": "object", "maxProperties": 100})]


class ChapterOut(Schema):
    """A chapter of the configuration. `single`: it has no rows with keys, but is one. `names`: what attributes are
    called."""

    key: str
    title: str
    single: bool
    ordered: bool
    names: dict[str, str]


class ChapterList(Schema):
    """All chapters, each after those that its rows name."""

    items: list[ChapterOut]


class RowList(Schema):
    """The rows of a chapter in their order, archived ones too; what is empty is not said."""

    items: list[dict[str, Any]]


class RowOut(Schema):
    """A row as it is now. `archived` rows are no longer offered."""

    row: dict[str, Any]


class RowIn(Input):
    """A row as `GET` gives it; its `key` may be left out where the address has it."""

    row: Row


class Order(Input):
    """The keys of rows in their new order; those not named follow as they were."""

    keys: Annotated[list[Key], Field(max_length=2_000)]


class ConfigurationOut(Schema):
    """The whole configuration as text (YAML), without secrets: what `ventanilla config export` writes."""

    text: str


class ConfigurationIn(Input):
    """A configuration to compare with, or to carry in. `exact` also takes away what it does not have, in the chapters
    that it has; `apply` carries it in: all of it or, with a problem anywhere, nothing."""

    text: Annotated[str, StringConstraints(max_length=MOST_BYTES)]
    exact: bool = False
    apply: bool = False


class DifferenceOut(Schema):
    """What changes about one row; `changes` has the old and the new value by name."""

    chapter: str
    key: str
    what: Literal["new", "changed", "ordered", "gone"]
    changes: dict[str, list[Any]]


class Comparison(Schema):
    """What carrying the text in changes, or has changed."""

    applied: bool
    differences: list[DifferenceOut]


@router.get("/configuration", response=ConfigurationOut, summary="The configuration as text")
def read_configuration(request: HttpRequest) -> dict[str, str]:
    """Readable, in a stable order: exported, carried in elsewhere and exported again it is the same, byte for byte."""
    _author(request)
    return {"text": exported()}


@router.post("/configuration", response=Comparison, summary="Compare a configuration, or carry it in")
def post_configuration(request: HttpRequest, payload: ConfigurationIn) -> dict[str, Any]:
    """What would change; with `apply`, what has."""
    act = imported if payload.apply else compared
    try:
        found = act(payload.text, by=_author(request), exact=payload.exact)
    except BundleProblem as error:
        raise ValidationError({"text": str(error)}) from None
    return {"applied": payload.apply, "differences": [_difference_out(one) for one in found]}


@router.get("/settings", response=ChapterList, summary="The chapters of the configuration")
def list_chapters(request: HttpRequest) -> dict[str, Any]:
    """What can be configured: types, statuses, teams, roles, fields, views, modules and all else."""
    _author(request)
    return {"items": [_chapter_out(chapter) for chapter in chapters().values()]}


@router.get("/settings/{chapter}", response=RowList, summary="The rows of a chapter")
def list_rows(request: HttpRequest, chapter: str) -> dict[str, Any]:
    """The rows in their order; a single chapter has one."""
    _author(request)
    return {"items": rows_of(_chapter(chapter))}


@router.post("/settings/{chapter}", response={201: RowOut}, summary="Make a row")
def post_row(request: HttpRequest, chapter: str, payload: RowIn, response: HttpResponse) -> tuple[int, dict[str, Any]]:
    """A new row at the end of the chapter, under the `key` it says."""
    by = _author(request)
    declared = _chapter(chapter, single=False)
    key = payload.row.get("key")
    if any(row["key"] == key for row in rows_of(declared)):
        raise ValidationError({"key": _("There is another one with this key.")})
    made = _written(by, declared, payload.row)
    response["Location"] = reverse("api:read_row", args=[declared.key, made["key"]])
    return 201, {"row": made}


@router.patch("/settings/{chapter}", response=RowOut, summary="Change a single chapter")
def patch_chapter(request: HttpRequest, chapter: str, payload: RowIn) -> dict[str, Any]:
    """New values of some of it; all else stays."""
    by = _author(request)
    declared = _chapter(chapter, single=True)
    (now,) = rows_of(declared)
    return {"row": _written(by, declared, now | payload.row)}


@router.put("/settings/{chapter}/order", response=RowList, summary="Put the rows in order")
def put_order(request: HttpRequest, chapter: str, payload: Order) -> dict[str, Any]:
    """The order in which they are offered everywhere."""
    by = _author(request)
    declared = _chapter(chapter, single=False)
    order_rows(by=by, chapter=declared, keys=payload.keys)
    return {"items": rows_of(declared)}


@router.get("/settings/{chapter}/rows/{row_key}", response=RowOut, url_name="read_row", summary="One row")
def read_row(request: HttpRequest, chapter: str, row_key: str) -> dict[str, Any]:
    """A row as it is now."""
    _author(request)
    return {"row": _row(_chapter(chapter, single=False), row_key)}


@router.patch("/settings/{chapter}/rows/{row_key}", response=RowOut, summary="Change a row")
def patch_row(request: HttpRequest, chapter: str, row_key: str, payload: RowIn) -> dict[str, Any]:
    """New values of some of it; all else stays, its key for ever."""
    by = _author(request)
    declared = _chapter(chapter, single=False)
    now = _row(declared, row_key)
    if payload.row.get("key", row_key) != row_key:
        raise ValidationError({"key": _("“%(name)s” cannot be changed later.") % {"name": "key"}})
    return {"row": _written(by, declared, now | payload.row)}


@router.delete("/settings/{chapter}/rows/{row_key}", response={204: None}, summary="Take a row away")
def remove_row(request: HttpRequest, chapter: str, row_key: str) -> tuple[int, None]:
    """Delete a row that nothing has used; one that has been used is archived instead."""
    by = _author(request)
    declared = _chapter(chapter, single=False)
    _row(declared, row_key)
    try:
        drop_row(by=by, chapter=declared, key=row_key)
    except BundleProblem as error:
        raise ValidationError(error.problem) from None
    return 204, None


def _author(request: HttpRequest) -> Author:
    """Who may change settings: also to read them."""
    return author_with(request, Right.SETTINGS)


def _chapter(key: str, *, single: bool | None = None) -> Chapter:
    found = chapters().get(key)
    if found is None or single not in (None, found.single):
        raise Http404
    return found


def _row(chapter: Chapter, key: str) -> dict[str, Any]:
    found = next((row for row in rows_of(chapter) if row["key"] == key), None)
    if found is None:
        raise Http404
    return found


def _written(by: Author, chapter: Chapter, row: dict[str, Any]) -> dict[str, Any]:
    try:
        return write_row(by=by, chapter=chapter, row=row)
    except BundleProblem as error:
        raise ValidationError({"row": error.problem}) from None


def _chapter_out(chapter: Chapter) -> dict[str, Any]:
    return {
        "key": chapter.key,
        "title": str(chapter.title),
        "single": chapter.single,
        "ordered": chapter.order is not None,
        "names": {name: str(said) for name, said in chapter.names.items()},
    }


def _difference_out(one: Difference) -> dict[str, Any]:
    changes = {name: list(values) for name, values in one.changes.items()}
    return {"chapter": one.chapter.key, "key": one.key, "what": one.what, "changes": changes}

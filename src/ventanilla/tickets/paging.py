"""Keyset paging of plain lists: a cursor says after which row a page begins, so deep pages cost what first ones do."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import SuspiciousOperation
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


class BadCursor(SuspiciousOperation):
    """A cursor that no page of ours gave out (HTTP 400)."""


@dataclass(frozen=True)
class Page:
    """The order of a list: fields that together are unique, all in one direction."""

    fields: tuple[str, ...]
    descending: bool

    def cut(self, rows: QuerySet[Row], after: list[Any] | None, limit: int) -> tuple[list[Row], list[Any] | None]:
        """One page of `rows`, and the cursor of the next one (`None` on the last)."""
        if after is not None:
            rows = rows.filter(self._beyond(after))
        sign = "-" if self.descending else ""
        found = list(rows.order_by(*(f"{sign}{name}" for name in self.fields))[: limit + 1])
        if len(found) <= limit:
            return found, None
        return found[:limit], [getattr(found[limit - 1], name) for name in self.fields]

    def _beyond(self, after: list[Any]) -> Q:
        operator = "lt" if self.descending else "gt"
        beyond, equal = Q(), Q()
        for name, value in zip(self.fields, after, strict=True):
            beyond |= equal & Q(**{f"{name}__{operator}": value})
            equal &= Q(**{name: value})
        return beyond


def encode(values: list[Any] | None) -> str | None:
    """A cursor as opaque text."""
    if values is None:
        return None
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode(cursor: str | None, page: Page) -> list[Any] | None:
    """The values of a cursor; raises `BadCursor` for anything that `encode` did not make for this order."""
    if not cursor:
        return None
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(plain, list) or len(plain) != len(page.fields):
            raise BadCursor
        return [_value(name, item) for name, item in zip(page.fields, plain, strict=True)]
    except (binascii.Error, ValueError, UnicodeDecodeError, TypeError) as error:
        raise BadCursor from error


def _value(name: str, item: Any) -> Any:
    if name.endswith("_at"):
        moment = datetime.fromisoformat(item)
        if moment.tzinfo is None:
            raise BadCursor
        return moment
    if name == "day":
        return date.fromisoformat(item)
    if isinstance(item, bool) or not isinstance(item, int) or not 0 <= item < 2**63:
        raise BadCursor
    return item

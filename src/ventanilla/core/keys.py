"""Keys of configurable rows."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from ventanilla.core.ids import slug


def free_key(rows: QuerySet[Any], label: Mapping[str, str], *, fallback: str) -> str:
    """A key after a label that none of the rows has: `printers`, else `printers-2` and so on.

    The unique constraint decides when two ask at once.
    """
    base = slug(next((text for text in label.values() if text), ""), max_length=50, fallback=fallback)
    taken = set(rows.filter(key__startswith=base).values_list("key", flat=True))
    return next(key for key in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if key not in taken)

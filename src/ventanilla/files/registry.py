"""Who refers to blobs. Set once by the wiring, so that the collector knows what is still needed."""

from django.db.models import ForeignObjectRel, Model

from ventanilla.files.models import Blob, Upload

Reference = tuple[type[Model], str]
_OWN: tuple[Reference, ...] = ((Upload, "blob_id"),)
_references: tuple[Reference, ...] | None = None


class NotWired(RuntimeError):
    """The references to blobs are unknown or incomplete: collecting now could delete what is needed."""


def set_references(references: tuple[Reference, ...]) -> None:
    """Declare every (model, attribute) that holds a blob's id. Once, at start; a second, different call is an error."""
    global _references
    if _references is not None and _references != references:
        raise RuntimeError("the references to blobs are already set")
    _references = references


def references() -> tuple[Reference, ...]:
    """All (model, attribute) that hold a blob's id. Raises NotWired when unset or when a foreign key is missing."""
    if _references is None:
        raise NotWired("set_references was not called")
    known = (*_OWN, *_references)
    for model, attribute in known_relations():
        if (model, attribute) not in known:
            raise NotWired(f"{model.__name__}.{attribute} refers to blobs but is not declared")
    return known


def known_relations() -> tuple[Reference, ...]:
    """Every foreign key to Blob in the installed apps, as Django knows them."""
    relations = Blob._meta.get_fields(include_hidden=True)
    return tuple((r.related_model, r.field.attname) for r in relations if isinstance(r, ForeignObjectRel))

"""A small entity for tests: uploads have a text, a number that may be missing, a moment and a relation."""

from datetime import UTC, datetime

from ventanilla.fields.kinds import (
    CHOICE,
    CHOICES,
    DATE,
    MOMENT,
    NUMBER,
    PERSON,
    REFERENCE,
    TEXT,
    TREE,
    YES_NO,
    Reading,
)
from ventanilla.fields.spec import Field, Option, Sort, Spec
from ventanilla.files.models import Upload

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TYPES = (
    Option("text", "Text", values=("text/plain",)),
    Option("image", "Image", values=("image/png", "image/jpeg")),
    Option("old", "Old", values=("image/bmp",), offered=False),
)
SIZES = (Option("small", "Small", values=(1, 2), below=(1, 2, 3)), Option("none", "None", values=()))


def types(reading: Reading) -> tuple[Option, ...]:
    return TYPES


def sizes(reading: Reading) -> tuple[Option, ...]:
    return SIZES


UPLOADS = Spec(
    entity="upload",
    model=Upload,
    fields=(
        Field(key="name", kind=TEXT, label="Name", path="name", column="text", sort="name", audience="requester"),
        Field(key="person", kind=PERSON, label="Person", path="person_id", column="text"),
        Field(key="size", kind=NUMBER, label="Size", path="blob__size", column="number"),
        Field(key="created", kind=MOMENT, label="Created", path="created_at", column="moment", sort="created"),
        Field(key="day", kind=DATE, label="Day", path="created_at__date"),
        Field(key="type", kind=CHOICE, label="Type", path="blob__content_type", options=types, column="text"),
        Field(key="file.type", kind=REFERENCE, label="Type of file", path="blob__content_type", options=types),
        Field(key="types", kind=CHOICES, label="Types", path="blob__content_type", options=types),
        Field(key="branch", kind=TREE, label="Branch", path="blob__size", options=sizes),
        Field(key="known", kind=YES_NO, label="Known", path="blob__size__gt"),
        Field(key="secret", kind=TEXT, label="Secret", path="token", filterable=False, audience="admin"),
    ),
    sorts=(
        Sort("created", "Created", ("created_at",)),
        Sort("name", "Name", ("name",)),
        Sort("newest", "Newest of each name", ("name", "-created_at")),
    ),
    default_sort="-created",
    default_columns=("name", "size", "created"),
)

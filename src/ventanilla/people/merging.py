"""Two records of one person become one, and two again: every row that moved is remembered, so that undo is exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ventanilla.events.record import Cause, record
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.actions import check_rank
from ventanilla.people.author import Author
from ventanilla.people.models import MergeMove, Person, PersonMerge, Session
from ventanilla.people.rights import Right

_AT_ONCE = 500


@dataclass(frozen=True)
class Personal:
    """A column that says whose something is, and what such rows are called. What has it moves with its person.

    `counter` is a number column that every change of a row raises.
    """

    model: type[models.Model]
    field: str
    label: str | Promise
    counter: str = ""

    def point(self, pks: Sequence[int], *, at: int, only_from: int | None = None) -> None:
        """Make these rows another person's; with `only_from`, only those that are this one's still."""
        values: dict[str, Any] = {self.field: at} | ({self.counter: F(self.counter) + 1} if self.counter else {})
        rows = self.model._default_manager.all() if only_from is None else self._of(only_from)
        for start in range(0, len(pks), _AT_ONCE):
            rows.filter(pk__in=pks[start : start + _AT_ONCE]).update(**values)

    def _of(self, person: int) -> models.QuerySet[Any]:
        return self.model._default_manager.filter(**{self.field: person})


_personal: tuple[Personal, ...] = ()


def set_personal(columns: Sequence[Personal]) -> None:
    """Declare the columns. Once, at start."""
    global _personal
    _personal = tuple(columns)


def counted(person: Person, into: Person) -> list[tuple[str, int]]:
    """What would move, by name and number; what is there already is not counted."""
    found = ((str(column.label), _movable(column, person, into).count()) for column in _personal)
    return [(label, count) for label, count in found if count]


@transaction.atomic
def merge_persons(*, by: Author, person: Person, into: Person) -> PersonMerge:
    """Make `into` the owner of all that is the person's: addresses, tickets, messages. The person stays as a record
    without a door: nobody signs in as them, and mail from their addresses is `into`'s.

    Records `person.merged`. Raises `PermissionDenied` without the right to manage people or for somebody with more
    rights, `ValidationError` for oneself, for whoever works at the desk, and for one of a merge already.
    """
    by.require(Right.PEOPLE)
    rows = {row.pk: row for row in Person.objects.select_for_update().filter(pk__in=[person.pk, into.pk])}
    gone, left = rows[person.pk], rows[into.pk]
    check_rank(by, gone.role, left.role)
    _check(by, gone, left)
    merge = PersonMerge.objects.create(person=gone, into=left, was_active=gone.is_active, email=gone.email or "")
    moved = sum(_move(column, gone, left, merge) for column in _personal)
    Session.objects.filter(person=gone).delete()
    Person.objects.filter(pk=gone.pk).update(merged_into=left, is_active=False, email=None)
    bump_config_version()
    data = {"into": left.pk, "moved": moved}
    record("person.merged", f"person:{gone.pk}", actor=by.actor, data=data)
    return merge


@transaction.atomic
def unmerge_persons(*, by: Author, merge: PersonMerge, cause: Cause | None = None) -> Person:
    """Give back exactly what a merge moved, wherever it is still `into`'s; returns the person who is one again.

    Records `person.unmerged`. Raises `ValidationError` for a merge that was undone, or while `into` is merged itself.
    """
    by.require(Right.PEOPLE)
    row = PersonMerge.objects.select_for_update().select_related("person__role", "into__role").get(pk=merge.pk)
    check_rank(by, row.person.role, row.into.role)
    if row.undone_at is not None:
        raise ValidationError(_("This merge has been undone already."))
    if row.into.merged_into_id is not None:
        raise ValidationError(_("%(name)s was merged since: undo that first.") % {"name": row.into.display_name})
    for column in _personal:
        moves = row.moves.filter(model=column.model._meta.label, field=column.field)
        column.point(list(moves.values_list("row", flat=True)), at=row.person_id, only_from=row.into_id)
    row.moves.all().delete()
    row.undone_at = timezone.now()
    row.save(update_fields=["undone_at"])
    taken = Person.objects.filter(email=row.email).exists()
    email = None if taken or not row.email else row.email
    Person.objects.filter(pk=row.person_id).update(merged_into=None, is_active=row.was_active, email=email)
    bump_config_version()
    record("person.unmerged", f"person:{row.person_id}", actor=by.actor, data={"into": row.into_id}, cause=cause)
    return Person.objects.get(pk=row.person_id)


def _check(by: Author, gone: Person, left: Person) -> None:
    if gone.pk == left.pk:
        raise ValidationError(_("Choose somebody else."))
    for row in (gone, left):
        if row.merged_into_id is not None:
            raise ValidationError(_("%(name)s is merged already.") % {"name": row.display_name})
    if gone.may(Right.DESK) or (by.person is not None and by.person.pk == gone.pk):
        raise ValidationError(
            _("%(name)s works at the desk. Give them another role first, or merge the other one into them.")
            % {"name": gone.display_name}
        )


def _movable(column: Personal, person: Person, into: Person) -> models.QuerySet[Any]:
    """The person's rows but those of which `into` has the same already: a ticket in which both take part."""
    rows = column.model._default_manager.filter(**{column.field: person.pk})
    for constraint in column.model._meta.total_unique_constraints:
        if column.field in constraint.fields:
            same = {name: OuterRef(name) for name in constraint.fields if name != column.field}
            rows = rows.exclude(Exists(column.model._default_manager.filter(**{column.field: into.pk}, **same)))
    return rows


def _move(column: Personal, gone: Person, left: Person, merge: PersonMerge) -> int:
    pks = list(_movable(column, gone, left).order_by("pk").values_list("pk", flat=True))
    name = column.model._meta.label
    moves = (MergeMove(merge=merge, model=name, field=column.field, row=pk) for pk in pks)
    MergeMove.objects.bulk_create(moves, batch_size=_AT_ONCE)
    column.point(pks, at=left.pk)
    return len(pks)

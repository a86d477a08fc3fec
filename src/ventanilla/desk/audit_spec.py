"""The audit list, declared once: the events that matter for safety, by subject, kind, person and time."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ventanilla.events import registry
from ventanilla.events.models import Event
from ventanilla.fields.conditions import Comparison
from ventanilla.fields.kinds import CHOICE, MOMENT, PersonKind, Reading
from ventanilla.fields.spec import Field, Option, Sort, Spec
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Role
from ventanilla.people.queries import names_of
from ventanilla.people.rights import Scope

SUBJECTS = {
    "sign_in": _("Sign-ins"),
    "account": _("Accounts"),
    "rights": _("Rights"),
    "settings": _("Settings"),
    "exports": _("Exports"),
    "tokens": _("API tokens"),
    "restricted": _("Restricted tickets"),
}


class _ConcernedKind(PersonKind):
    """A person who did something or to whom it was done: both stand as text in an event."""

    operators = ("is", "in")

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        names = [f"person:{value}" for value in values]
        return Q(actor__in=names) | Q(topic__in=names)


def _subjects(reading: Reading) -> Sequence[Option]:
    kinds = [kind for kind in registry.kinds().values() if kind.audit]
    return [
        Option(key, label, values=tuple(kind.name for kind in kinds if kind.audit == key))
        for key, label in SUBJECTS.items()
        if any(kind.audit == key for kind in kinds)
    ]


def _kinds(reading: Reading) -> Sequence[Option]:
    return [Option(kind.name, kind.sentence) for kind in registry.kinds().values() if kind.audit]


AUDIT = Spec(
    entity="audit",
    model=Event,
    fields=(
        Field(key="subject", kind=CHOICE, label=_("Area"), path="kind", options=_subjects),
        Field(key="kind", kind=CHOICE, label=_("What"), path="kind", options=_kinds),
        Field(key="person", kind=_ConcernedKind(), label=_("Person"), path="actor", names=names_of),
        Field(key="at", kind=MOMENT, label=_("When"), path="recorded_at", column="at", sort="at"),
    ),
    sorts=(Sort("at", _("When"), ("recorded_at",)),),
    default_sort="-at",
    default_columns=("at",),
)


def audited() -> QuerySet[Event]:
    """The events of the audit list. A new person is among them only when their role opens the desk."""
    staff = by_config_version(
        "desk.audit.staff",
        lambda: list(Role.objects.filter(scope__in=[Scope.ALL, Scope.DEPARTMENTS]).values_list("pk", flat=True)),
    )
    names = [kind.name for kind in registry.kinds().values() if kind.audit]
    return Event.objects.filter(Q(kind__in=names) & (~Q(kind="person.created") | Q(data__role__in=staff)))

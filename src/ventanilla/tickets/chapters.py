"""The matrix of priorities, the life cycle and custom fields in a bundle."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.fields.field_chapter import chapter_of_fields
from ventanilla.people.custom import ORGANIZATION, PERSON
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.life_cycle import LifeCycle, life_cycle
from ventanilla.tickets.life_cycle_actions import change_life_cycle
from ventanilla.tickets.models import Impact, Priority, PriorityRule, Urgency
from ventanilla.tickets.settings_actions import change_matrix


def _matrix() -> Sequence[Plain]:
    rules = PriorityRule.objects.select_related("impact", "urgency", "priority")
    ordered = rules.order_by("impact__position", "impact_id", "urgency__position", "urgency_id")
    found: dict[str, dict[str, str]] = {}
    for rule in ordered:
        found.setdefault(rule.impact.key, {})[rule.urgency.key] = rule.priority.key
    return [found]


def _write_matrix(by: Any, row: Plain, known: bool) -> None:
    impacts, urgencies, priorities = (
        dict(model._default_manager.values_list("key", "pk")) for model in (Impact, Urgency, Priority)
    )
    cells: dict[tuple[int, int], int | None] = {(i, u): None for i in impacts.values() for u in urgencies.values()}
    for impact, given in row.items():
        for urgency, priority in (given if isinstance(given, dict) else {}).items():
            for key, known_keys in ((impact, impacts), (urgency, urgencies), (priority, priorities)):
                if key not in known_keys:
                    raise ValidationError(gettext("There is no “%(name)s” here.") % {"name": str(key)[:60]})
            cells[impacts[impact], urgencies[urgency]] = priorities[priority]
    change_matrix(by=by, cells=cells)


MATRIX = Chapter(key="matrix", title=_("Matrix of priorities"), rows=_matrix, write=_write_matrix, single=True)


def _write_life_cycle(by: Any, row: Plain, known: bool) -> None:
    usual = LifeCycle()
    plain.only(row, usual.as_setting())
    remind = plain.items(row, "remind") or list(usual.remind)
    if not all(isinstance(day, int) and not isinstance(day, bool) for day in remind):
        raise ValidationError(
            gettext("“%(name)s” must be %(wanted)s.") % {"name": "remind", "wanted": gettext("a list")}
        )
    days = {name: plain.number(row, name, getattr(usual, name)) for name in ("resolve", "close", "reopen")}
    change_life_cycle(by=by, days=LifeCycle(on=plain.yes_no(row, "on"), remind=tuple(remind), **days))


LIFE_CYCLE = Chapter(
    key="life-cycle",
    title=_("Life cycle"),
    rows=lambda: [life_cycle().as_setting()],
    write=_write_life_cycle,
    names={
        "on": _("Follow up by itself"),
        "remind": _("Reminders"),
        "resolve": _("Resolve it without an answer"),
        "close": _("Close it"),
        "reopen": _("An answer opens it again"),
    },
    single=True,
)

FIELDS = (
    chapter_of_fields(ENTITY, _("Fields of tickets")),
    chapter_of_fields(PERSON, _("Fields of people")),
    chapter_of_fields(ORGANIZATION, _("Fields of organizations")),
)

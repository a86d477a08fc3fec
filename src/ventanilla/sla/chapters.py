"""Agreements in a bundle. Those that ask for persons or organizations stay out: elsewhere they would mean others."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.fields.conditions import ConditionError, comparisons
from ventanilla.fields.problems import explain
from ventanilla.fields.section_chapter import drop_of, order_of
from ventanilla.people.models import Calendar, Department, Team
from ventanilla.sla.actions import save_agreement
from ventanilla.sla.models import Agreement, AgreementVersion
from ventanilla.sla.sections import AGREEMENTS as SECTION
from ventanilla.sla.wording import read

_OF_OTHERS = frozenset({"requester", "affected", "organization"})
_SAID = ("condition", "rows", "warnings", "running_reasons", "stands_with_supplier")
_NAMES = ("key", "label", "side", "calendar", "team", "department", *_SAID, "archived")


def _newest() -> dict[int, AgreementVersion]:
    rows = AgreementVersion.objects.select_related("agreement__department", "calendar", "team").order_by("number")
    return {row.agreement_id: row for row in rows}


def _rows() -> Sequence[Plain]:
    newest = _newest()
    kept = (newest.get(row.pk) for row in Agreement.objects.order_by("position", "id"))
    return [_plain(row) for row in kept if row is not None and not _names_somebody(row)]


def _names_somebody(row: AgreementVersion) -> bool:
    try:
        wording = read(row.definition)
    except (ConditionError, KeyError, TypeError):
        return True  # it says nothing that could be carried elsewhere
    asked = (wording.condition, *(granted.condition for granted in wording.rows))
    return any(test.field in _OF_OTHERS and test.value is not None for one in asked for test in comparisons(one))


def _plain(row: AgreementVersion) -> Plain:
    agreement = row.agreement
    values = {
        "team": row.team.key if row.team else "",
        "department": agreement.department.key if agreement.department else "",
        **{name: row.definition[name] for name in _SAID},
        "archived": agreement.archived_at is not None,
    }
    kept = {name: value for name, value in values.items() if value}
    return {
        "key": agreement.key,
        "label": dict(agreement.label),
        "side": agreement.side,
        "calendar": row.calendar.key,
        **kept,
    }


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, _NAMES)
    definition: dict[str, Any] = {
        name: plain.items(row, name) for name in ("condition", "rows", "warnings", "running_reasons")
    }
    definition["stands_with_supplier"] = plain.yes_no(row, "stands_with_supplier")
    try:
        wording = read(definition)
    except ConditionError as error:
        raise ValidationError(explain(error)) from None
    except (KeyError, TypeError, AttributeError):
        raise ValidationError(gettext("The times of this agreement cannot be understood.")) from None
    save_agreement(
        by=by,
        agreement=Agreement.objects.get(key=row["key"]) if known else None,
        label=plain.words(row, "label"),
        side=plain.text(row, "side"),
        calendar=_named(Calendar, plain.text(row, "calendar")),
        wording=wording,
        team=_named(Team, plain.text(row, "team")) if row.get("team") else None,
        department=_named(Department, plain.text(row, "department")) if row.get("department") else None,
        archived=plain.yes_no(row, "archived"),
        key=row["key"],
    )


def _named(model: Any, key: str) -> Any:
    found = model._default_manager.filter(key=key).first()
    if found is None:
        raise ValidationError(gettext("There is nothing called “%(key)s” here.") % {"key": key[:60]})
    return found


AGREEMENTS = Chapter(
    key=SECTION.key,
    title=SECTION.title,
    rows=_rows,
    write=_write,
    order=order_of(SECTION),
    drop=drop_of(SECTION),
    names={
        "label": _("Name"),
        "side": _("Kind"),
        "calendar": _("Calendar"),
        "team": _("Team whose time counts"),
        "department": _("Department"),
        "condition": _("Whom it covers"),
        "rows": _("Times"),
        "warnings": _("Warnings"),
        "running_reasons": _("Times run on while a ticket waits for"),
        "stands_with_supplier": _("Times stand still while the ticket is with a supplier"),
        "archived": _("Archived"),
    },
)

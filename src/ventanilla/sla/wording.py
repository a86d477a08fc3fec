"""How an agreement is written down: the definition of its versions, read and checked.

    {"condition": ["organization", "is", "7"],
     "rows": [{"condition": ["priority", "is", "urgent"], "targets": {"first_response": {"seconds": 3600}}},
              {"condition": ["and"], "targets": {"resolution": {"days": 2, "end_of_day": true}}}],
     "warnings": [{"percent": 75}, {"before_seconds": 1800}, {"after_seconds": 3600}],
     "running_reasons": ["waiting-for-approval"], "stands_with_supplier": true}

Rows of the configuration stand as their keys. A time is open seconds or working days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ventanilla.fields import conditions
from ventanilla.fields.compile_q import check
from ventanilla.fields.conditions import EVERYTHING, Condition, ConditionError
from ventanilla.fields.kinds import Reading
from ventanilla.fields.problems import explain
from ventanilla.fields.registry import spec_of
from ventanilla.fields.spec import Spec
from ventanilla.installation.queries import by_config_version
from ventanilla.sla.arithmetic import Target
from ventanilla.sla.names import METRICS
from ventanilla.tickets.custom import ENTITY, is_personal

MOST_ROWS: Final = 40
MOST_SECONDS: Final = 366 * 86_400
MOST_DAYS: Final = 1_000
MOST_WARNINGS: Final = 6

# What an agreement may ask of a ticket: what its events tell, so that it can be judged for any moment.
JUDGED: Final = frozenset(
    {
        "type", "priority", "impact", "urgency", "service", "category", "organization", "department", "team",
        "requester", "affected", "status", "tags", "channel", "restricted",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Warning:
    """Somebody is told when `percent` of a time has run, or so many open seconds before or after its end."""

    percent: int = 0
    before_seconds: int = 0
    after_seconds: int = 0

    @property
    def key(self) -> str:
        """What stands for it among those that were given."""
        if self.percent:
            return f"{self.percent}%"
        return f"-{self.before_seconds}" if self.before_seconds else f"+{self.after_seconds}"


@dataclass(frozen=True)
class Granted:
    """A row of an agreement: the tickets it is for, and how long what may take with them."""

    condition: Condition
    targets: Mapping[str, Target]


@dataclass(frozen=True)
class Wording:
    """A definition, read."""

    condition: Condition = EVERYTHING
    rows: tuple[Granted, ...] = ()
    warnings: tuple[Warning, ...] = ()
    running_reasons: tuple[str, ...] = ()
    stands_with_supplier: bool = False

    def stored(self) -> dict[str, Any]:
        """The definition; `read` gives the same wording back."""
        return {
            "condition": conditions.to_json(self.condition),
            "rows": [
                {
                    "condition": conditions.to_json(row.condition),
                    "targets": {metric: row.targets[metric].stored() for metric in METRICS if metric in row.targets},
                }
                for row in self.rows
            ],
            "warnings": [{k: v for k, v in vars(warning).items() if v} for warning in self.warnings],
            "running_reasons": sorted(self.running_reasons),
            "stands_with_supplier": self.stands_with_supplier,
        }


def judged_spec() -> Spec:
    """The part of a ticket that agreements may ask about."""
    return by_config_version("sla.spec", lambda: spec_of(ENTITY).having(_is_judged))


def _is_judged(found: Any) -> bool:
    if found.made is not None:
        return found.path == "custom" and not is_personal(found.key) and found.made.archived_at is None
    return found.key in JUDGED


def read(definition: Mapping[str, Any]) -> Wording:
    """The wording that a definition has, as it was kept. Raises `ConditionError` or `KeyError` where none is."""
    return Wording(
        condition=conditions.parse(definition["condition"]),
        rows=tuple(
            Granted(
                conditions.parse(row["condition"]),
                {metric: Target(**target) for metric, target in row["targets"].items()},
            )
            for row in definition["rows"]
        ),
        warnings=tuple(Warning(**warning) for warning in definition["warnings"]),
        running_reasons=tuple(definition["running_reasons"]),
        stands_with_supplier=definition["stands_with_supplier"],
    )


def checked(wording: Wording, *, side: str, reasons: Mapping[str, Any]) -> Wording:
    """The wording with its conditions as they are stored. `reasons` are the pending reasons there are, by key.

    Raises `ValidationError`, naming the row, for one that grants nothing or something that its side cannot, conditions
    that make no sense, rows that can never be reached, and times without sense.
    """
    if not any(row.targets for row in wording.rows):
        raise ValidationError({"rows": _("Write down at least one time.")})
    if len(wording.rows) > MOST_ROWS:
        raise ValidationError({"rows": _("At most %(most)d rows.") % {"most": MOST_ROWS}})
    if len(wording.warnings) > MOST_WARNINGS:
        raise ValidationError({"warnings": _("At most %(most)d warnings.") % {"most": MOST_WARNINGS}})
    for warning in wording.warnings:
        _check_warning(warning)
    unknown = sorted(set(wording.running_reasons) - set(reasons))
    if unknown:
        raise ValidationError(
            {"running_reasons": _("There is no pending reason “%(key)s”.") % {"key": unknown[0][:60]}}
        )
    rows: list[Granted] = []
    for place, row in enumerate(wording.rows, start=1):
        if any(before.condition == EVERYTHING for before in rows):
            said = _("Row %(place)d is never reached: the one before it is for all tickets.")
            raise ValidationError({"rows": said % {"place": place}})
        condition = _condition(row.condition, _("Row %(place)d") % {"place": place}, "rows")
        for metric, target in row.targets.items():
            _check_target(metric, target, place)
        rows.append(Granted(condition, row.targets))
    return Wording(
        _condition(wording.condition, _("Whom it covers"), "condition"),
        tuple(rows),
        tuple(dict.fromkeys(wording.warnings)),
        tuple(sorted(set(wording.running_reasons))),
        wording.stands_with_supplier and side == "sla",
    )


def _condition(condition: Condition, where: str, name: str) -> Condition:
    try:
        return check(condition, judged_spec(), Reading())
    except ConditionError as error:
        said = _("%(where)s: %(problem)s") % {"where": where, "problem": explain(error)}
        raise ValidationError({name: said}) from None


def _check_warning(warning: Warning) -> None:
    given = [value for value in (warning.percent, warning.before_seconds, warning.after_seconds) if value]
    fits = warning.percent in range(100) and all(0 < value <= MOST_SECONDS for value in given)
    if len(given) != 1 or not fits:
        raise ValidationError({"warnings": _("Warn at a percentage from 1 to 99, or so long before or after the end.")})


def _check_target(metric: str, target: Target, place: int) -> None:
    if metric not in METRICS:
        raise ValidationError({"rows": _("There is no time “%(metric)s”.") % {"metric": metric[:60]}})
    seconds, days = target.seconds, target.days
    if bool(seconds) == bool(days) or not 0 <= seconds <= MOST_SECONDS or not 0 <= days <= MOST_DAYS:
        said = _("Row %(place)d, %(metric)s: a time is longer than nothing and at most %(most)d working days.")
        values = {"place": place, "metric": METRICS[metric], "most": MOST_DAYS}
        raise ValidationError({"rows": said % values})

"""Questions about saved views."""

from collections.abc import Iterator, Sequence

from django.http import Http404
from django.utils.translation import gettext as _

from ventanilla.fields.conditions import Comparison, ConditionError, comparisons, fields_of, parse
from ventanilla.fields.kinds import Reading
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.problems import explain
from ventanilla.fields.registry import entities, spec_of
from ventanilla.fields.spec import Field, Spec
from ventanilla.fields.uses import Use
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Person, Team
from ventanilla.people.viewer import Viewer
from ventanilla.saved_views.models import SavedView


def views_of(who: Viewer) -> Sequence[SavedView]:
    """The views a person has, in their order: remembered until the configuration changes, which every change of a view
    does."""
    return by_config_version(
        ("saved_views", who.person),
        lambda: list(SavedView.objects.visible_to(who).select_related("team").order_by("position", "id")),
    )


def view_for(who: Viewer, key: str) -> SavedView:
    """The view with this key. Raises `Http404` when there is none, or none for this person."""
    found = next((view for view in views_of(who) if view.key == key), None)
    if found is None:
        raise Http404
    return found


def team_with(key: str) -> Team | None:
    """The team with this key, unless it is archived."""
    return Team.objects.filter(key=key, archived_at=None).first()


def archived_view(owner: Person, key: str) -> SavedView | None:
    """A view of one's own that one has deleted."""
    return SavedView.objects.filter(owner=owner, key=key).exclude(archived_at=None).first()


def archived_views(owner: Person) -> Sequence[SavedView]:
    """The views of one's own that one has deleted, the last ten, newest first."""
    return list(SavedView.objects.filter(owner=owner).exclude(archived_at=None).order_by("-archived_at")[:10])


def views_using(entity: str, field: str) -> Sequence[SavedView]:
    """The views that ask about, show or are ordered by a field, whoever has them: what goes with it when it is deleted.

    For whoever manages fields: their names, not what they find.
    """
    rows = SavedView.objects.filter(entity=entity, archived_at=None).select_related("team", "owner")
    return [
        row
        for row in rows
        if field in row.columns or row.sort.removeprefix("-") == field or field in fields_of(row.parsed)
    ]


def views_with(row: FieldDefinition) -> Sequence[SavedView]:
    """The views that use a field, as one of their own entity or of a row that this names."""
    found: dict[int, SavedView] = {}
    for entity in entities():
        names = [field.key for field in spec_of(entity).fields if field.made is not None and field.made.pk == row.pk]
        found |= {view.pk: view for name in names for view in views_using(entity, name)}
    return list(found.values())


def uses_by_views(row: FieldDefinition) -> Iterator[Use]:
    """The same, as what is told before a field is archived or deleted."""
    for view in views_with(row):
        yield Use(_("Saved view of %(name)s") % {"name": view.owner.display_name}, str(view))


def views_asking_for(entity: str, field: str, value: object) -> Sequence[SavedView]:
    """The views that ask for one value of a field, whoever has them. For whoever manages values, as `views_using`."""

    def asks(test: Comparison) -> bool:
        return test.field == field and (test.value == value or (isinstance(test.value, tuple) and value in test.value))

    rows = SavedView.objects.filter(entity=entity, archived_at=None).select_related("team", "owner")
    return [row for row in rows if any(asks(test) for test in comparisons(row.parsed))]


def problems(view: SavedView, spec: Spec, reading: Reading) -> list[str]:
    """What the view asks for that is gone, each in a sentence for its reader; empty when all is there."""
    try:
        condition = parse(view.condition)
    except ConditionError as error:
        return [explain(error)]
    return list(dict.fromkeys(sentence for test in comparisons(condition) for sentence in _gone(test, spec, reading)))


def _gone(test: Comparison, spec: Spec, reading: Reading) -> Iterator[str]:
    try:
        field = spec.field(test.field)
    except ConditionError:
        yield _("It asks about the field “%(field)s”, which is gone.") % {"field": test.field}
        return
    if test.operator not in field.kind.operators:
        yield _("It compares “%(field)s” in a way that is gone.") % {"field": field.label}
    for value in _missing(field, test, reading):
        if field.kind.keyed:
            said = _("It asks for “%(value)s”, which is no longer among the values of “%(field)s”.")
        else:
            said = _("It asks for a person (number %(value)s) in “%(field)s” who is no longer here.")
        yield said % {"value": value, "field": field.label}


def _missing(field: Field, test: Comparison, reading: Reading) -> list[object]:
    if test.value is None:
        return []
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    if field.kind.keyed:
        known = field.option_map(reading)
        return [value for value in values if value not in known]
    if field.kind.name == "person" and field.names is not None:
        asked = [value for value in values if value != "me"]
        named = field.names(asked, None)
        return [value for value in asked if value not in named]
    return []

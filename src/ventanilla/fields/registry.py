"""The Specs of the installation: set once by the wiring, composed with custom fields, read by everybody."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.db.models import Model

from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.spec import Sort, Spec
from ventanilla.fields.stored_kinds import order_of
from ventanilla.installation.modules import switched_off
from ventanilla.installation.queries import by_config_version

_specs: Mapping[str, Spec] | None = None


def set_specs(specs: Iterable[Spec]) -> None:
    """Declare the entities. Once, at start; a second, different call is an error."""
    global _specs
    by_entity = {spec.entity: spec for spec in specs}
    if _specs is not None and dict(_specs) != by_entity:
        raise RuntimeError("the Specs are already set")
    _specs = MappingProxyType(by_entity)


def spec_of(entity: str) -> Spec:
    """The Spec of an entity, with the fields that administrators made for it.

    Raises KeyError for one that does not exist, RuntimeError before the wiring ran.
    """
    if _specs is None:
        raise RuntimeError("set_specs was not called")
    spec = _specs[entity]
    return by_config_version(("fields.spec", entity), lambda: _composed(spec)) if spec.custom else spec


def model_with_fields(entity: str) -> type[Model] | None:
    """The model of an entity whose lists filter by custom fields, or None."""
    spec = (_specs or {}).get(entity)
    return spec.model if spec is not None and spec.custom else None


def _composed(spec: Spec) -> Spec:
    off = switched_off()
    left = spec.without_modules(off) if off else spec
    own = ((spec.entity, spec.custom), *spec.across) if spec.custom else spec.across
    fields = [make(row) for entity, make in own for row in definitions_of(entity).values()]
    values = ((field, order_of(field.made, field.path)) for field in fields if field.made and field.sort)
    sorts = [Sort(field.key, field.label, (), value) for field, value in values if value is not None]
    return left.extended(fields, sorts) if fields else left


def entities() -> tuple[str, ...]:
    """The names of all entities, in the order of the wiring."""
    return tuple(_specs or ())

"""The Specs of the installation: set once by the wiring, composed with custom fields, read by everybody."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.spec import Spec
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


def _composed(spec: Spec) -> Spec:
    made, off = definitions_of(spec.entity).values(), switched_off()
    left = spec.without_modules(off) if off else spec
    return left.extended(spec.custom(row) for row in made) if spec.custom and made else left


def entities() -> tuple[str, ...]:
    """The names of all entities, in the order of the wiring."""
    return tuple(_specs or ())

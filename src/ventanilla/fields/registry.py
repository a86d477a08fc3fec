"""The Specs of the installation: composed by the wiring, set once, read by everybody."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ventanilla.fields.spec import Spec

_specs: Mapping[str, Spec] | None = None


def set_specs(specs: Iterable[Spec]) -> None:
    """Declare the entities. Once, at start; a second, different call is an error."""
    global _specs
    by_entity = {spec.entity: spec for spec in specs}
    if _specs is not None and dict(_specs) != by_entity:
        raise RuntimeError("the Specs are already set")
    _specs = MappingProxyType(by_entity)


def spec_of(entity: str) -> Spec:
    """The Spec of an entity. Raises KeyError for one that does not exist, RuntimeError before the wiring ran."""
    if _specs is None:
        raise RuntimeError("set_specs was not called")
    return _specs[entity]


def entities() -> tuple[str, ...]:
    """The names of all entities, in the order of the wiring."""
    return tuple(_specs or ())

"""Modules: what an installation uses of the product. Off hides and keeps; on again, everything is as it was."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise

from ventanilla.installation.queries import by_config_version, installation

SETTING: Final = "modules"
API_ROOT: Final = "/api/v1/"


@dataclass(frozen=True)
class Module:
    """A part of the product that can be switched off while the rest goes on.

    `needs` are modules without which it makes no sense. `brings` says what appears with it. `addresses` are the names
    of the addresses that exist with it alone, `api` patterns of paths below `/api/v1/`.
    """

    key: str
    icon: str
    title: str | Promise
    brings: str | Promise
    needs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    api: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preset:
    """A choice of modules under a name: those that are on."""

    key: str
    title: str | Promise
    text: str | Promise
    on: frozenset[str]


@dataclass
class _Store:
    modules: Mapping[str, Module]
    presets: tuple[Preset, ...]
    by_address: Mapping[str, str]
    api: tuple[tuple[re.Pattern[str], str], ...]


_store = _Store({}, (), {}, ())


def set_modules(modules: Sequence[Module], presets: Sequence[Preset]) -> None:
    """Declare the modules, each after those that it needs, and the presets. Once, at start."""
    by_key = {module.key: module for module in modules}
    for place, module in enumerate(modules):
        if set(module.needs) - {other.key for other in modules[:place]}:
            raise ValueError(f"{module.key} needs a module that is not declared before it")
    _store.modules, _store.presets = MappingProxyType(by_key), tuple(presets)
    _store.by_address = MappingProxyType({name: module.key for module in modules for name in module.addresses})
    _store.api = tuple((re.compile(pattern), module.key) for module in modules for pattern in module.api)


def modules() -> Mapping[str, Module]:
    """Every module by key, in order."""
    return _store.modules


def presets() -> tuple[Preset, ...]:
    """The presets."""
    return _store.presets


def module_of_address(name: str) -> str | None:
    """The module without which the address of this name does not exist."""
    return _store.by_address.get(name)


def module_of_operation(path: str) -> str | None:
    """The module without which an operation of the API does not exist; nothing for any other path."""
    if not path.startswith(API_ROOT):
        return None
    rest = path.removeprefix(API_ROOT).rstrip("/")
    return next((key for pattern, key in _store.api if pattern.fullmatch(rest)), None)


def switched_off() -> frozenset[str]:
    """The modules that are off in the whole installation, those included that need one that is."""
    return by_config_version("modules.off", lambda: closed(_setting().get("off") or ()))


def is_on(key: str) -> bool:
    """Whether a module is on in this installation."""
    return key not in switched_off()


def hidden_in(kind: str, key: str) -> frozenset[str]:
    """The modules that one department (`departments`, by its key) or customer (`organizations`, by its id) does not
    see, beside those that are off for all."""
    return frozenset((_setting().get(kind) or {}).get(key) or ())


def closed(off: Collection[str]) -> frozenset[str]:
    """These modules with all that need one of them: what is off when these are."""
    found = set(off) & _store.modules.keys()
    for module in _store.modules.values():
        if found.intersection(module.needs):
            found.add(module.key)
    return frozenset(found)


def opened(on: Collection[str]) -> frozenset[str]:
    """These modules with all that they need: what is on when these are."""
    found = set(on) & _store.modules.keys()
    for module in reversed(list(_store.modules.values())):
        if module.key in found:
            found.update(module.needs)
    return frozenset(found)


def _setting() -> Mapping[str, dict[str, list[str]]]:
    kept: Mapping[str, dict[str, list[str]]] = installation().settings.get(SETTING) or {}
    return kept

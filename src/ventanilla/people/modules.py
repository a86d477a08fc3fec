"""Which modules a person sees: those that are on, unless all their departments or their organization hide them."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from ventanilla.installation.modules import hidden_in, module_of_address, module_of_operation, switched_off
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Department, Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import Viewer, viewer


def hidden_by(who: Viewer) -> frozenset[str]:
    """The modules that somebody does not see: off for all, or hidden where they work or belong.

    Whoever changes settings sees what is on: they have to find it again.
    """
    if who.may(Right.SETTINGS):
        return switched_off()
    hidden: frozenset[str] = by_config_version(("modules", who), lambda: switched_off() | _hidden(who))
    return hidden


def sees_module(person: Person, key: str) -> bool:
    """Whether a person sees a module."""
    return key not in hidden_by(viewer(person))


def _hidden(who: Viewer) -> frozenset[str]:
    if not who.staff:
        return hidden_in("organizations", str(who.organization)) if who.organization else frozenset()
    keys = Department.objects.filter(pk__in=who.departments).values_list("key", flat=True)
    hidden = [hidden_in("departments", key) for key in keys]
    return frozenset.intersection(*hidden) if hidden else frozenset()


def modules_gate(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Addresses of modules that the reader does not see do not exist."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> None:
        match = request.resolver_match
        key = module_of_address(match.view_name) if match is not None else None
        key = key or module_of_operation(request.path)
        if key is None:
            return
        person = request.user
        if key in (hidden_by(viewer(person)) if isinstance(person, Person) else switched_off()):
            raise Http404

    middleware.process_view = process_view  # type: ignore[attr-defined] # Django asks for it by that name
    return middleware

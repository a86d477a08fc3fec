"""What every template knows: the shell around the page, built only when a template asks for it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from ventanilla.ui.shell import Shell

Builder = Callable[[HttpRequest], Shell]
_builder: Builder | None = None


def install(builder: Builder) -> None:
    """Set who fills the shell: the wiring does, because views, counts and rights are known in higher layers."""
    global _builder
    _builder = builder


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell` (ui.shell.Shell) for the request's reader. Parts of pages that draw no shell cost nothing."""
    return {"shell": SimpleLazyObject(lambda: _builder(request) if _builder else Shell())}

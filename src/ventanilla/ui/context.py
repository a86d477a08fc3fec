"""What every template knows: the shell around the page, built only when a template asks for it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from ventanilla.ui.shell import Shell

Builder = Callable[[HttpRequest], Shell]
_builder: Builder | None = None


def install(builder: Builder) -> None:
    """Set who fills the shell: the wiring does, because views, counts and rights are known in higher layers."""
    global _builder
    _builder = builder


class _Late:
    """The shell, built when a template first asks for something of it: by item, which is how a template asks first."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._built: Shell | None = None

    def __getitem__(self, name: str) -> Any:
        if self._built is None:
            self._built = _builder(self._request) if _builder else Shell()
        try:
            return getattr(self._built, name)
        except AttributeError:
            raise KeyError(name) from None


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell` (ui.shell.Shell) for the request's reader. Parts of pages that draw no shell cost nothing."""
    return {"shell": _Late(request)}

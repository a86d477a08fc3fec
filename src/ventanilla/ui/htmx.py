"""One template, a whole page or a part of it: what htmx asked for."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_page
from django.utils.cache import patch_vary_headers


def is_part(request: HttpRequest, target: str) -> bool:
    """True when htmx asks for the element with the id `target` alone.

    False for a boosted link and for a page restored from history: both want the whole page.
    """
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
        and headers.get("HX-Target") == target
    )


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    partial: str | None = None,
    *,
    target: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page `template`, or only its partial when htmx asks for the element that holds it.

    `partial` is the name of a `{% partialdef %}` in the template; `target` the id of the element it fills (default: the
    same name). The answer says that it varies with htmx's headers, so that no cache mixes the two.
    """
    name = f"{template}#{partial}" if partial and is_part(request, target or partial) else template
    response = render_page(request, name, dict(context or {}), status=status)
    if partial:
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response

"""Pages for what went wrong, in the reader's language, with the number that support can look for."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from ventanilla.ui.shell import Shell


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, with the sentence of a `BadAddress` when there is one, or what to set when we are called by a wrong name."""
    sentence = getattr(exception, "sentence", "")
    if isinstance(exception, DisallowedHost):
        sentence = _("Ventanilla is not known by this name. Whoever runs it sets its address in VENTANILLA_URL.")
    return render(request, "400.html", {**_context(request), "sentence": sentence}, status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: visible, but not allowed."""
    return render(request, "403.html", _context(request), status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a valid token: the page was open for too long, or the request was forged."""
    return render(request, "403_csrf.html", _context(request), status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: not there, or not visible; the two look the same."""
    return render(request, "404.html", _context(request), status=404)


def too_large(request: HttpRequest) -> HttpResponse:
    """413, drawn without asking who it is: nothing of the request was read."""
    return HttpResponse(render_to_string("413.html", {**_context(request), "shell": Shell()}), status=413)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, drawn without asking the database anything: it may be what broke."""
    return HttpResponse(render_to_string("500.html", {**_context(request), "shell": Shell()}), status=500)


def _context(request: HttpRequest) -> dict[str, str]:
    return {"request_id": request.META.get("REQUEST_ID", "")}

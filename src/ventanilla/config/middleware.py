"""What every request gets: an id that stands in the logs and on error pages."""

import re
import secrets
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ventanilla.installation.queries import one_configuration
from ventanilla.ui.errors import too_large

_ACCEPTABLE = re.compile(r"[A-Za-z0-9_-]{8,64}")


def bounded(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 413 to a request that says it is larger than any form of ours, before a byte of it is read.

    What says no length is read as empty by WSGI, so a length is all there is to look at.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.REQUEST_MAX_BYTES:
            return too_large(request)
        return get_response(request)

    return middleware


def one_configuration_a_page(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Draw a page that only reads (GET, HEAD) from one configuration, asked for once."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return get_response(request)
        with one_configuration():
            return get_response(request)

    return middleware


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give the request an id (a well-formed `X-Request-ID` is kept), bind it to the logs, and answer with it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        identity = given if _ACCEPTABLE.fullmatch(given) else secrets.token_hex(8)
        request.META["REQUEST_ID"] = identity
        with structlog.contextvars.bound_contextvars(request=identity):
            response = get_response(request)
        response["X-Request-ID"] = identity
        return response

    return middleware

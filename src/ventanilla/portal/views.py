"""The requester's portal."""

from django.http import HttpRequest, HttpResponse


def home(request: HttpRequest) -> HttpResponse:
    """The portal's first page."""
    return HttpResponse("")

"""Root addresses for mail's tests, with stand-ins for the pages that mails link to."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def page(_request: HttpRequest, **_named: str) -> HttpResponse:
    """A page that exists."""
    return HttpResponse("")


desk = ([path("tickets/<number>/", page, name="ticket")], "desk")
urlpatterns = [
    path("", include("ventanilla.config.urls")),
    path("t/<token>/", page, name="ticket-link"),
    path("desk/", include(desk)),
    path("sign-in/", page, name="sign-in"),
]

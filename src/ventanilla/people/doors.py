"""Who is not signed in yet: one answer for the pages of desk and portal."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse


def signed_out(request: HttpRequest) -> HttpResponse | None:
    """What a visitor is answered, or `None` for whoever is signed in.

    A page leads to the sign-in and back. A part of a page gets 401 instead: the sign-in page must not stand where the
    part stood.
    """
    if request.user.is_authenticated:
        return None
    if request.headers.get("HX-Request") == "true" or request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=401)
    response: HttpResponse = redirect_to_login(request.get_full_path())
    return response

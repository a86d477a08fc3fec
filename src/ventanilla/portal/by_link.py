"""Pages behind the signed link of a mail: whose they are is in the address, and that address is nobody else's business.

No forgery token is asked for: no cookie counts here. Whoever can name the address may do what it allows anyway, and
`Referrer-Policy: no-referrer` makes browsers hide the origin that such a check would look at.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt

from ventanilla.installation.queries import installation
from ventanilla.people.middleware import zone_of
from ventanilla.people.models import Person
from ventanilla.portal.opened import View


def unseen(view: View) -> View:
    """Keep the address and its page out of caches, of other sites' logs and of search."""

    @csrf_exempt
    @wraps(view)
    def wrapper(request: HttpRequest, token: str, **more: Any) -> HttpResponseBase:
        response = view(request, token, **more)
        add_never_cache_headers(response)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapper


def told_to(person: Person, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """What the view answers in the language and time zone of the person whom the link was sent to."""
    language = person.language or translation.get_language() or "es"
    zone = zone_of(person.time_zone or installation().time_zone)
    with translation.override(language), timezone.override(zone):
        response = view()
    response.headers["Content-Language"] = language
    return response

"""What a page needs to know of its reader: language, time zone, that their session is in use, and safe enough."""

import time
import zoneinfo
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from ventanilla.core.addresses import reverse
from ventanilla.installation.queries import installation
from ventanilla.people.models import Person
from ventanilla.people.origin import Origin
from ventanilla.people.second import second_step_required

LANGUAGE_COOKIE = "language"
_NOTED_EVERY_SECONDS = 600


def reader_preferences(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Activate the reader's language and time zone for the length of the request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # The person themselves instead of Django's lazy stand-in: it is asked hundreds of times a page.
        request.user = get_user(request)
        language, zone = preferences(request)
        translation.activate(language)
        timezone.activate(zone)
        try:
            response = get_response(request)
        finally:
            translation.deactivate()
            timezone.deactivate()
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie", "Accept-Language"))
        return response

    return middleware


def sessions_in_use(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Note in a signed-in session, every ten minutes at most, that it is in use and from where."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            if now - request.session.get("seen_at", 0) >= _NOTED_EVERY_SECONDS:
                note_in_use(request, Origin.of(request), now)
        return get_response(request)

    return middleware


def note_in_use(request: HttpRequest, origin: Origin, now: int) -> None:
    """Write into the session when (seconds since 1970) and from where it is used; the store does the rest."""
    request.session.setdefault("began_at", now)
    request.session["seen_at"] = now
    request.session["ip"], request.session["agent"] = origin.ip, origin.agent


def second_step_first(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let whoever must have a second step and has none do nothing but set it up."""

    def middleware(request: HttpRequest) -> HttpResponse:
        person = request.user
        if not isinstance(person, Person) or person.protected_at is not None or not second_step_required(person):
            return get_response(request)
        if request.path.startswith(_before_the_second_step()):
            return get_response(request)
        start = reverse("second-step-start")
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Redirect": start})
        if request.method not in ("GET", "HEAD") or request.headers.get("X-Requested-With") == "fetch":
            return HttpResponse(status=403)
        return HttpResponseRedirect(start)

    return middleware


@cache
def _before_the_second_step() -> tuple[str, ...]:
    """Where a person may be without one: where it is set up, and in the first run, which ends with it."""
    first_run = reverse("welcome"), reverse("portal:home") + "new/"
    own = reverse("second-step-start"), reverse("prove-again"), reverse("sign-out"), reverse("home") + "language/"
    return *own, *first_run


def preferences(request: HttpRequest) -> tuple[str, zoneinfo.ZoneInfo]:
    """The language (`es` or `en`) and time zone of a request's reader: the person's, the cookie's, the browser's."""
    user = request.user if request.user.is_authenticated else None
    known = {code for code, _ in settings.LANGUAGES}
    language = getattr(user, "language", "") or request.COOKIES.get(LANGUAGE_COOKIE, "")
    if language not in known:
        language = translation.get_language_from_request(request)
    if language not in known:
        language = installation().language
    return language, zone_of(getattr(user, "time_zone", "") or installation().time_zone)


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """The time zone called `name`, or the default one when nobody knows it."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.DEFAULT_TIME_ZONE)

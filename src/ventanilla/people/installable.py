"""What makes the pages installable: the manifest, the service worker, and the page for when the server is away."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie, vary_on_headers

from ventanilla.core.addresses import reverse
from ventanilla.installation.queries import installation
from ventanilla.people.models import Person
from ventanilla.ui.shell import Shell

# The wall of the two themes: what an installed page shows before it is drawn.
_WALLS = {"light": "#ebe7dd", "dark": "#151411"}
_ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable.png", "512x512", "maskable"),
)


@require_safe
@vary_on_cookie
@vary_on_headers("Accept-Language")
@cache_control(private=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest (W3C), in the reader's language and, where they chose one, their theme."""
    name, person = installation().name, request.user
    wall = _WALLS.get(person.theme if isinstance(person, Person) else "", _WALLS["light"])
    told = {
        "id": "/",
        "name": name,
        "short_name": name if len(name) <= 12 else _("Help"),
        "lang": get_language(),
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "theme_color": wall,
        "background_color": wall,
        "icons": [
            {"src": static(f"ventanilla/dist/{file}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for file, sizes, purpose in _ICONS
        ],
    }
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> FileResponse:
    """The service worker, at the root so that all pages are in its scope. Each visit asks whether it has changed."""
    found = finders.find("ventanilla/dist/worker.js")
    path = Path(found) if isinstance(found, str) else settings.STATIC_ROOT / "ventanilla/dist/worker.js"
    if not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    """What the service worker shows when the server is away. Browsers keep it: nothing of a person is in it."""
    return render(request, "people/offline.html", {"shell": Shell(name=installation().name)})

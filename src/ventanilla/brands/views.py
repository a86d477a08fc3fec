"""What browsers fetch of brands: a theme as a stylesheet, and logos. Both are as public as the sign-in page."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from ventanilla.brands.queries import picture_with
from ventanilla.brands.theme import stylesheet, theme_named
from ventanilla.files.views import serve

_YEAR_SECONDS = 365 * 24 * 3600


@require_safe
def theme(_request: HttpRequest, version: str) -> HttpResponse:
    """The stylesheet that an address says, for ever the same; 404 for colors that do not pass."""
    found = theme_named(version)
    if found is None:
        raise Http404
    response = HttpResponse(stylesheet(found), content_type="text/css; charset=utf-8")
    patch_cache_control(response, public=True, max_age=_YEAR_SECONDS, immutable=True)
    return response


@require_safe
def logo(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """The logo with this digest."""
    picture = picture_with(sha256)
    if picture is None:
        raise Http404
    response = serve(request, blob=picture.blob, name="logo.png", inline=True)
    del response.headers["Cache-Control"]
    patch_cache_control(response, public=True, max_age=_YEAR_SECONDS, immutable=True)
    return response

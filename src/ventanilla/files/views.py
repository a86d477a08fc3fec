"""Serving files. Who may read one is decided by whoever calls `serve`."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import patch_cache_control
from django.utils.http import content_disposition_header, parse_etags, quote_etag
from django.views.decorators.http import require_safe

from ventanilla.files.addresses import read_signed
from ventanilla.files.models import Blob
from ventanilla.files.names import INLINE_TYPES, safe_name
from ventanilla.files.queries import open_blob

# Even if a browser were tricked into rendering it: no script, no origin, nothing loaded.
_CONTAINED = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; sandbox"


def serve(request: HttpRequest, *, blob: Blob, name: str, inline: bool = False) -> HttpResponseBase:
    """The response with the bytes of `blob`, saved as `name` (RFC 6266).

    `inline` is honored only for types that cannot act in our origin; SVG, HTML, XML, PDF and scripts always download.
    Answers 304 to a known ETag; 404 when storage lost the bytes.
    """
    shown = inline and blob.content_type in INLINE_TYPES
    etag = quote_etag(blob.sha256)
    response: HttpResponseBase
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        try:
            file = open_blob(blob)
        except FileNotFoundError:
            raise Http404 from None
        response = FileResponse(file, content_type=_declared_type(blob, shown))
        response.headers["Content-Length"] = str(blob.size)
        response.headers["Content-Disposition"] = content_disposition_header(not shown, safe_name(name)) or "attachment"
    response.headers["ETag"] = etag
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = _CONTAINED
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    patch_cache_control(response, private=True, max_age=3600)
    return response


@require_safe
def signed_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file a signed address names; 404 when the address is forged, damaged, expired or its file is gone."""
    named = read_signed(token)
    blob = Blob.objects.filter(id=named[0]).first() if named else None
    if named is None or blob is None:
        raise Http404
    return serve(request, blob=blob, name=named[1], inline=True)


def _declared_type(blob: Blob, shown: bool) -> str:
    if blob.content_type == "text/plain":
        return "text/plain; charset=utf-8"
    # A download needs no true type; an active one is not even mentioned.
    active = not shown and blob.content_type in {"text/html", "image/svg+xml", "text/xml", "text/javascript"}
    return "application/octet-stream" if active else blob.content_type

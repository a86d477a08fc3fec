"""What a watcher asks: does the process answer, can it work, and how busy is it.

These three pages are answered before anything else looks at the request: they must not need a session, a language, a
known host name or, for `/healthz`, the database.
"""

import hmac
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from ventanilla.config.operation import metrics
from ventanilla.events.beat import is_alive

log = structlog.get_logger("ventanilla.health")

# What a proxy writes: with one of these, whoever asks is somewhere else, whatever address the connection has.
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA", "HTTP_X_FORWARDED_HOST")


def operation(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer `/healthz`, `/readyz` and `/metrics`; of every other request, note how long it took."""
    timed = metrics.timed(get_response)

    def middleware(request: HttpRequest) -> HttpResponse:
        page = _PAGES.get(request.path)
        if page is None:
            return timed(request)
        response = page(request) if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])
        response["Cache-Control"] = "no-store"
        return response

    return middleware


def healthz(_request: HttpRequest) -> HttpResponse:
    """200: this process answers. Nothing else is asked, so an outage of the database restarts no healthy process."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when the database answers, every migration is applied and the ticker lives; else 503 and what is not so."""
    checks = readiness()
    ready = all(checks.values())
    said = {name: "ok" if fine else "failed" for name, fine in checks.items()}
    return JsonResponse({"ready": ready, "checks": said}, status=200 if ready else 503)


def readiness() -> dict[str, bool]:
    """`database`, `migrations`, `background`: whether each is as it should be. Never raises for a database away."""
    checks = {"database": False, "migrations": False, "background": False}
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        checks["database"] = True
        checks["migrations"] = not unapplied()
        checks["background"] = checks["migrations"] and is_alive()
    except DatabaseError as error:
        log.warning("not ready", error=repr(error))
    return checks


def unapplied() -> list[tuple[str, str]]:
    """The migrations (app, name) that this program has and the database has not, in order of names."""
    return sorted(known_migrations() - set(MigrationRecorder(connection).applied_migrations()))


@lru_cache(maxsize=1)
def known_migrations() -> frozenset[tuple[str, str]]:
    """Every migration of this program."""
    return frozenset(MigrationLoader(None).disk_migrations)


def metrics_page(request: HttpRequest) -> HttpResponse:
    """The figures, for this computer itself or for whoever knows VENTANILLA_METRICS_TOKEN; 404 for anybody else."""
    if not (_from_here(request) or _knows_token(request)):
        return HttpResponse("Not found\n", status=404, content_type="text/plain")
    return HttpResponse(metrics.render(), content_type=metrics.CONTENT_TYPE)


def _from_here(request: HttpRequest) -> bool:
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback and not any(name in request.META for name in _FORWARDED)


def _knows_token(request: HttpRequest) -> bool:
    token = settings.ENVIRONMENT.ventanilla_metrics_token
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


_PAGES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics_page,
}

"""`Idempotency-Key` on POST: the same request sent twice is carried out once and answered twice, for 24 hours."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.api.models import Repeatable
from ventanilla.api.queries import usable_token

PREFIX = "/api/v1/"
KEPT_HOURS = 24
MOST_CHARACTERS = 200
_GIVEN_UP_SECONDS = 60


def idempotency(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer a repeated POST with the first answer; another body under the same key is a 409."""

    def middleware(request: HttpRequest) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "")
        if request.method != "POST" or not key or not request.path.startswith(PREFIX):
            return get_response(request)
        if len(key) > MOST_CHARACTERS:
            return _problem(400, _("The Idempotency-Key is too long."))
        given = request.headers.get("Authorization", "")
        if usable_token(given.partition(" ")[2].strip()) is None:
            # Whoever may not call gets no row of ours, and no answer that was once for a token since revoked.
            return get_response(request)
        owner = hashlib.sha256(given.encode()).hexdigest()
        fingerprint = hashlib.sha256(request.get_full_path().encode() + b"\0" + request.body).hexdigest()
        row = _claim(owner, key, fingerprint)
        if isinstance(row, HttpResponse):
            return row
        # The answer is kept in the transaction of what it tells of: a process killed in between has done nothing.
        with transaction.atomic():
            response = get_response(request)
            undone = response.status_code >= 500 or response.status_code in (401, 403, 404)
            if undone:
                transaction.set_rollback(True)
            else:
                _keep(row, response)
        if undone:
            row.delete()  # nothing was done: the same key may be tried again
        return response

    return middleware


def _keep(row: Repeatable, response: HttpResponse) -> None:
    Repeatable.objects.filter(pk=row.pk).update(
        status=response.status_code,
        body=bytes(response.content),
        content_type=response.headers.get("Content-Type", "")[:80],
        location=response.headers.get("Location", "")[:250],
    )


def _claim(owner: str, key: str, fingerprint: str) -> Repeatable | HttpResponse:
    """A row of one's own for a new key, or the answer to a repeated one."""
    now = timezone.now()
    try:
        with transaction.atomic():
            return Repeatable.objects.create(owner=owner, key=key, fingerprint=fingerprint, created_at=now)
    except IntegrityError:
        known = Repeatable.objects.get(owner=owner, key=key)
    if known.created_at < now - timedelta(hours=KEPT_HOURS):
        known.delete()
        return _claim(owner, key, fingerprint)
    if known.fingerprint != fingerprint:
        return _problem(409, _("This Idempotency-Key was used for another request."))
    if known.status is None:
        if known.created_at < now - timedelta(seconds=_GIVEN_UP_SECONDS):
            # Its process died before it had done anything: its transaction was rolled back.
            Repeatable.objects.filter(pk=known.pk).update(created_at=now)
            return known
        return _problem(409, _("The first request with this Idempotency-Key is still being carried out."))
    response = HttpResponse(bytes(known.body or b""), status=known.status, content_type=known.content_type)
    if known.location:
        response["Location"] = known.location
    response["Idempotency-Replayed"] = "true"
    return response


def _problem(status: int, detail: str) -> HttpResponse:
    body = {"type": "about:blank", "title": "Idempotency-Key", "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def forget_old(now: datetime) -> int:
    """Forget answers older than a day. Not counted as work: returns 0."""
    Repeatable.objects.filter(created_at__lt=now - timedelta(hours=KEPT_HOURS)).delete()
    return 0

"""Figures for Prometheus: how long pages take, and what waits in the queues.

Page processes share their counters through files in the folder that PROMETHEUS_MULTIPROC_DIR names (`ventanilla serve`
makes one); without it a process counts for itself. Queues are asked of the database when somebody looks.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from django.db import DatabaseError
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ventanilla import __version__
from ventanilla.events.beat import last_beat
from ventanilla.events.models import Handover
from ventanilla.mail.models import Mailbox, Outgoing, RawMail
from ventanilla.tickets.models import Draft

log = structlog.get_logger("ventanilla.metrics")

CONTENT_TYPE = CONTENT_TYPE_LATEST

_own = CollectorRegistry()
_SECONDS = Histogram(
    "ventanilla_request_seconds", "Time until the answer to a request stands, by view",
    ["view"], buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10), registry=_own,
)  # fmt: skip
_ANSWERS = Counter("ventanilla_answers", "Requests answered, by method and status", ["method", "status"], registry=_own)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def timed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer as before and note how long it took. Views are named, never addresses: those have no end."""

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        _SECONDS.labels((match.view_name if match else "") or "none").observe(time.perf_counter() - began)
        method = request.method if request.method in _METHODS else "other"
        _ANSWERS.labels(method, response.status_code).inc()
        return response

    return middleware


def render() -> bytes:
    """All figures as Prometheus reads them. With the database away, those of the requests and `ventanilla_up 0`."""
    requests = _own
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        requests = CollectorRegistry()
        MultiProcessCollector(requests)  # type: ignore[no-untyped-call]
    queues = CollectorRegistry()
    queues.register(_Queues())
    return generate_latest(requests) + generate_latest(queues)


class _Queues(Collector):
    """What the tables say now."""

    def collect(self) -> Iterator[Metric]:
        try:
            figures, up = list(_figures(timezone.now())), 1
        except DatabaseError as error:
            log.warning("queues could not be read", error=repr(error))
            figures, up = [], 0
        yield GaugeMetricFamily("ventanilla_up", "1 when the database answers", value=up)
        info = GaugeMetricFamily("ventanilla_info", "The version that runs", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield from figures


def _figures(now: datetime) -> Iterator[Metric]:
    yield _by_state(
        "ventanilla_handovers", "Reactions handed over to the background",
        Handover, {"due": Handover.State.DUE, "failed": Handover.State.FAILED},
    )  # fmt: skip
    overdue = Handover.objects.filter(state=Handover.State.DUE, next_attempt_at__lte=now)
    yield _lag("ventanilla_handover_oldest_due_seconds", "How long the oldest due hand-over waits", overdue, now)
    yield _by_state(
        "ventanilla_mail_in", "Mails that came in and are not done with", RawMail,
        {"new": RawMail.State.NEW, "quarantined": RawMail.State.QUARANTINED, "failed": RawMail.State.FAILED},
    )  # fmt: skip
    yield _by_state(
        "ventanilla_mail_out", "Mails to send", Outgoing,
        {"due": Outgoing.State.DUE, "failed": Outgoing.State.FAILED, "held": Outgoing.State.HELD},
    )  # fmt: skip
    waiting = Outgoing.objects.filter(state=Outgoing.State.DUE, next_attempt_at__lte=now)
    yield _lag("ventanilla_mail_out_oldest_due_seconds", "How long the oldest due mail waits", waiting, now)
    drafts = Draft.objects.filter(send_at__lte=now).count()
    yield GaugeMetricFamily("ventanilla_drafts_due", "Drafts whose time to be sent has come", value=drafts)
    troubled = Mailbox.objects.filter(enabled=True).exclude(fetch_error="").count()
    yield GaugeMetricFamily("ventanilla_mailboxes_failing", "Mailboxes that cannot be fetched", value=troubled)
    at = last_beat()
    silent = GaugeMetricFamily("ventanilla_ticker_silent_seconds", "Time since the ticker's last sign of life")
    if at is not None:
        silent.add_metric([], max(0.0, (now - at).total_seconds()))
    yield silent


def _by_state(name: str, about: str, model: type[Handover | RawMail | Outgoing], states: dict[str, int]) -> Metric:
    """Rows by state. What is done is left out: there is no end to it, and counting it would take as long."""
    counted = model._base_manager.filter(state__in=states.values()).values_list("state").annotate(Count("pk"))
    found: dict[int, int] = dict(counted)
    family = GaugeMetricFamily(name, about, labels=["state"])
    for label, state in states.items():
        family.add_metric([label], found.get(state, 0))
    return family


def _lag(name: str, about: str, rows: QuerySet[Handover] | QuerySet[Outgoing], now: datetime) -> Metric:
    oldest = rows.aggregate(at=Min("next_attempt_at"))["at"]
    return GaugeMetricFamily(name, about, value=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)

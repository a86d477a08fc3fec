"""Notifications on one's devices: the list, and what a browser says when it is allowed to show them."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ventanilla.notify.device_actions import add_device, remove_device
from ventanilla.notify.models import Device
from ventanilla.notify.push import push_key
from ventanilla.notify.queries import devices_of
from ventanilla.people.author import Author
from ventanilla.people.models import Session
from ventanilla.people.origin import Origin, device
from ventanilla.people.views import frame, signed_in

_MOST_BYTES = 8000


@never_cache
@login_required
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """The browsers in which one is told, and the switch for this one."""
    person = signed_in(request)
    rows = [
        {
            "pk": row.pk,
            "digest": row.digest,
            "device": device(row.agent),
            "at": row.created_at,
            "reached": row.reached_at,
        }
        for row in devices_of(person)
    ]
    return render(request, "notify/devices.html", frame(request, person) | {"devices": rows})


@never_cache
@login_required
@require_safe
def key(request: HttpRequest) -> JsonResponse:
    """What the browser needs to make a subscription: our public key (RFC 8292 3.2)."""
    return JsonResponse({"key": push_key().public})


@login_required
@require_POST
def add(request: HttpRequest) -> JsonResponse:
    """Keep this browser's subscription (`PushSubscription.toJSON()`); 422 with a sentence for what is none."""
    person, here = signed_in(request), Session.mark_of(request.session.session_key or "")
    problem = JsonResponse({"detail": _("The browser did not say where it can be reached. Try again.")}, status=422)
    try:
        given = json.loads(request.body[:_MOST_BYTES])
        endpoint, keys = str(given["endpoint"]), given["keys"]
        p256dh, auth = str(keys["p256dh"]), str(keys["auth"])
    except (ValueError, KeyError, TypeError):
        return problem
    try:
        row = add_device(
            by=Author.of(person),
            person=person,
            endpoint=endpoint,
            p256dh=p256dh,
            auth=auth,
            session_mark=here,
            origin=Origin.of(request),
        )
    except ValidationError:
        return problem
    return JsonResponse({"digest": row.digest}, status=201)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell no more in one of one's browsers."""
    person = signed_in(request)
    row = devices_of(person).filter(pk=pk).first()
    if row is None:
        raise Http404
    remove_device(by=Author.of(person), device=row)
    messages.success(request, _("That device gets no more notifications."))
    return redirect("push-devices")


@login_required
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """This browser (`endpoint`) has ended its subscription."""
    person = signed_in(request)
    row = devices_of(person).filter(digest=Device.digest_of(request.POST.get("endpoint", ""))).first()
    if row is not None:
        remove_device(by=Author.of(person), device=row)
    return HttpResponse(status=204)

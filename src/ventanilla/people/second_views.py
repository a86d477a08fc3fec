"""Second steps: taking one at the sign-in, adding and removing one's own, recovery codes."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.installation.queries import installation
from ventanilla.people.author import Author
from ventanilla.people.forms import AppForm, SecondStepForm
from ventanilla.people.models import Person, SecondStep
from ventanilla.people.origin import Origin
from ventanilla.people.outside_signals import SECOND
from ventanilla.people.second import second_step_required, second_steps_of
from ventanilla.people.second_actions import add_app, remove_second_step, renew_recovery_codes, use_code
from ventanilla.people.second_stage import KEY, failed, may_try, succeeded
from ventanilla.people.shells import visitor_shell
from ventanilla.people.totp import address_of, new_secret
from ventanilla.people.views import frame, signed_in

# How long ago somebody may have signed in who changes how they sign in.
_FRESH_SECONDS = 15 * 60
_SECRET = "second_step_secret"  # noqa: S105 - the name of a key of the session


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_stage_required(stage=KEY, redirect_urlname="sign-in")  # type: ignore[untyped-decorator]
def second(request: HttpRequest) -> HttpResponse:
    """The second step of signing in: a code of the app, or a recovery code."""
    stage = request._login_stage  # type: ignore[attr-defined]
    person: Person = stage.login.user
    form = SecondStepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not may_try(request, person):
            form.add_error("code", _("Too many attempts. Please wait a few minutes and try again."))
        elif used := use_code(person=person, code=form.cleaned_data["code"], origin=Origin.of(request)):
            return entered(request, stage, used)
        elif not failed(request, stage):
            messages.error(request, _("Too many wrong codes. Begin again."))
            return redirect("sign-in")
        else:
            form.add_error("code", _("That code is not right, or it was used already. Wait for the next one."))
    kinds = {step.kind for step in second_steps_of(person)}
    context = {"shell": visitor_shell(request), "form": form, "app": SecondStep.Kind.APP in kinds}
    return render(request, "people/second.html", context, status=422 if form.errors else 200)


def entered(request: HttpRequest, stage: Any, how: str) -> HttpResponse:
    """Go on with a sign-in whose second step was taken."""
    person: Person = stage.login.user
    succeeded(request, person)
    record_authentication(request, person, SECOND, type=how)
    response: HttpResponse = stage.exit()
    return response


# One's own second steps

Page = Callable[..., HttpResponse]


def proved(view: Page) -> Page:
    """A page for whoever has signed in a moment ago; others are asked to sign in again first, and come back."""

    @never_cache
    @login_required
    @wraps(view)
    def wrapper(request: HttpRequest, **more: Any) -> HttpResponse:
        person = signed_in(request)
        records = get_authentication_records(request, person)
        if any(time.time() - record.get("at", 0) < _FRESH_SECONDS for record in records):
            return view(request, person, **more)
        back = request.path if request.method in ("GET", "HEAD") else reverse("safety")
        context = around(request, person) | {"back": back}
        return render(request, "people/prove.html", context, status=200 if request.method == "GET" else 403)

    return wrapper


def around(request: HttpRequest, person: Person) -> dict[str, Any]:
    """What stands around these pages: nothing of the desk, as long as one may not enter it."""
    if person.protected_at is None and second_step_required(person):
        return {"layout": "ui/portal.html", "at_desk": False, "shell": visitor_shell(request), "must": True}
    return frame(request, person) | {"must": False}


@never_cache
@login_required
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """End the session, and come back to one of these pages after signing in again."""
    back = request.POST.get("back", "")
    safe = back if back.startswith(reverse("safety")) else reverse("safety")
    logout(request)
    return redirect(f"{reverse('sign-in')}?next={safe}")


@proved
@require_safe
def start(request: HttpRequest, person: Person) -> HttpResponse:
    """Why a second step, and which ones there are: where those are sent who must have one."""
    if person.protected_at is not None:
        return redirect("safety")
    return render(request, "people/second_start.html", around(request, person))


@proved
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: HttpRequest, person: Person) -> HttpResponse:
    """Connect an app: its secret as a picture and as text, then the code that proves it arrived."""
    secret = request.session.get(_SECRET) if request.method == "POST" else None
    form = AppForm(request.POST if secret else None)
    if secret and form.is_valid():
        try:
            codes = add_app(
                by=Author.of(person), person=person, secret=secret, code=form.cleaned_data["code"],
                keep_session=request.session.session_key, origin=Origin.of(request),
            )  # fmt: skip
        except ValidationError as error:
            form.add_error("code", error)
        else:
            del request.session[_SECRET]
            return added(request, person, codes, _("The app is connected."))
    if secret is None:
        secret = request.session[_SECRET] = new_secret()
    address = address_of(secret, account=person.email or person.display_name, issuer=installation().name)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=3, light="#fff", dark="#000")
    spaced = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    context = around(request, person) | {"form": form, "picture": picture, "secret": spaced}
    return render(request, "people/second_app.html", context, status=422 if form.errors else 200)


def added(request: HttpRequest, person: Person, codes: list[str], said: str) -> HttpResponse:
    """After adding a second step: the recovery codes if there are new ones, else back."""
    messages.success(request, said)
    return show_codes(request, person, codes) if codes else redirect("safety")


def show_codes(request: HttpRequest, person: Person, codes: list[str]) -> HttpResponse:
    """The recovery codes, in this one answer and nowhere else."""
    return render(request, "people/recovery_codes.html", frame(request, person) | {"codes": codes})


@proved
@require_POST
def renew(request: HttpRequest, person: Person) -> HttpResponse:
    """Make new recovery codes and show them once."""
    try:
        codes = renew_recovery_codes(by=Author.of(person), person=person, origin=Origin.of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("safety")
    return show_codes(request, person, codes)


@proved
@require_POST
def remove(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    """Take away one of one's own second steps."""
    step = next((step for step in second_steps_of(person) if step.pk == pk), None)
    if step is None:
        raise Http404
    try:
        remove_second_step(by=Author.of(person), person=person, step=step, origin=Origin.of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Removed."))
    return redirect("safety")

"""Second steps: taking one at the sign-in, adding and removing one's own, recovery codes."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.crypto import seal, unseal
from ventanilla.installation.queries import installation
from ventanilla.people.account_actions import note_refusal
from ventanilla.people.author import Author
from ventanilla.people.forms import AppForm, PasskeyForm, SecondStepForm
from ventanilla.people.models import Person, SecondStep
from ventanilla.people.origin import Origin
from ventanilla.people.outside_signals import SECOND
from ventanilla.people.passkeys import answer_for_known, answer_for_new, ask_for_known, ask_for_new
from ventanilla.people.second import second_step_required, second_steps_of
from ventanilla.people.second_actions import (
    add_app,
    add_passkey,
    remove_second_step,
    renew_recovery_codes,
    use_code,
    use_passkey,
)
from ventanilla.people.second_stage import KEY, failed, may_try, succeeded
from ventanilla.people.shells import visitor_shell
from ventanilla.people.totp import address_of, new_secret
from ventanilla.people.views import frame, signed_in

# How long ago somebody may have signed in who changes how they sign in.
FRESH_SECONDS = 15 * 60
# The method under which a sign-in by a provider is remembered; `fresh` when one did sign in there a moment ago, for
# a provider lets in without a word whoever it remembers.
PROVIDER = "provider"
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
    return _second_page(request, person, form)


def _second_page(request: HttpRequest, person: Person, form: SecondStepForm, problem: str = "") -> HttpResponse:
    kinds = {step.kind for step in second_steps_of(person)}
    context = {
        "shell": visitor_shell(request),
        "form": form,
        "passkey": SecondStep.Kind.PASSKEY in kinds,
        "problem": problem,
    }
    return render(request, "people/second.html", context, status=422 if form.errors or problem else 200)


@require_POST
@login_stage_required(stage=KEY, redirect_urlname="sign-in")  # type: ignore[untyped-decorator]
def second_options(request: HttpRequest) -> HttpResponse:
    """What the browser asks its passkey as the second step."""
    return JsonResponse(ask_for_known(request, request._login_stage.login.user))  # type: ignore[attr-defined]


@require_POST
@login_stage_required(stage=KEY, redirect_urlname="sign-in")  # type: ignore[untyped-decorator]
def second_passkey(request: HttpRequest) -> HttpResponse:
    """The second step of signing in: a passkey."""
    stage = request._login_stage  # type: ignore[attr-defined]
    person: Person = stage.login.user
    try:
        step, counter = answer_for_known(request, request.POST.get("credential", ""), person)
    except ValidationError as error:
        if not failed(request, stage):
            messages.error(request, _("Too many attempts. Begin again."))
            return redirect("sign-in")
        return _second_page(request, person, SecondStepForm(), " ".join(error.messages))
    use_passkey(step=step, counter=counter)
    return entered(request, stage, SecondStep.Kind.PASSKEY.value)


@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser asks its passkeys in place of address and password."""
    if not ratelimit.consume(request, action="passkey"):
        return HttpResponse(status=429)
    return JsonResponse(ask_for_known(request, None))


@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey alone: the device has made sure who holds it, so there is no second step."""
    if request.user.is_authenticated:
        return redirect("home")
    try:
        step, counter = answer_for_known(request, request.POST.get("credential", ""), None)
    except ValidationError as error:
        note_refusal(person=None, address="", why="passkey", origin=Origin.of(request))
        messages.error(request, " ".join(error.messages))
        return redirect("sign-in")
    person = step.person
    if person.is_active:
        use_passkey(step=step, counter=counter)
        record_authentication(request, person, "passkey")
    wanted = request.POST.get("next", "")
    login = Login(user=person, redirect_url=wanted if get_adapter().is_safe_url(wanted) else None)
    login.state["whole"] = True
    response: HttpResponse = perform_login(request, login)
    return response


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
        proofs = [record for record in records if record.get("method") != PROVIDER or record.get("fresh")]
        if any(time.time() - record.get("at", 0) < FRESH_SECONDS for record in proofs):
            return view(request, person, **more)
        back = request.path if request.method in ("GET", "HEAD") else reverse("safety")
        unasked = any(time.time() - record.get("at", 0) < FRESH_SECONDS for record in records)
        context = around(request, person) | {"back": back, "unasked": unasked}
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
    kept = request.session.get(_SECRET) if request.method == "POST" else None
    secret = unseal(kept, settings.SEALING_KEYS) if kept else None
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
        secret = new_secret()
        request.session[_SECRET] = seal(secret, settings.SEALING_KEYS)
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
def new_passkey_options(request: HttpRequest, person: Person) -> HttpResponse:
    """What the browser asks the device that is to keep a new passkey."""
    return JsonResponse(ask_for_new(request, person))


@proved
@require_http_methods(["GET", "HEAD", "POST"])
def new_passkey(request: HttpRequest, person: Person) -> HttpResponse:
    """Add a passkey: its name, and what the browser made."""
    initial = {"name": Origin.of(request).device}
    form = PasskeyForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            credential, data, counter = answer_for_new(request, form.cleaned_data["credential"])
            codes = add_passkey(
                by=Author.of(person), person=person, name=form.cleaned_data["name"], credential=credential, data=data,
                counter=counter, keep_session=request.session.session_key, origin=Origin.of(request),
            )  # fmt: skip
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return added(request, person, codes, _("The passkey is added."))
    context = around(request, person) | {"form": form}
    return render(request, "people/second_passkey.html", context, status=422 if form.errors else 200)


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

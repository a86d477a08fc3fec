"""Signing in and out, and one's own profile."""

import time
from typing import Any

from allauth.account import views as account
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.hashers import make_password
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.people.account_actions import note_refusal
from ventanilla.people.actions import change_person, set_password, verify_address
from ventanilla.people.author import Author
from ventanilla.people.forms import CodeForm, CodeRequestForm, PasswordForm, ProfileForm, SignInForm
from ventanilla.people.hours import hours_in_words, usual_hours
from ventanilla.people.middleware import LANGUAGE_COOKIE
from ventanilla.people.models import Person
from ventanilla.people.origin import Origin
from ventanilla.people.queries import active_providers, has_administrator
from ventanilla.people.rights import Right
from ventanilla.people.shells import portal_shell, visitor_shell

_YEAR_SECONDS = 365 * 24 * 3600
_CODE_ANSWER_SECONDS = 0.25


class _ForVisitors:
    """The shell around the library's pages."""

    request: HttpRequest

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """The library's context and ours."""
        context: dict[str, Any] = super().get_context_data(**more)  # type: ignore[misc]
        context["shell"] = visitor_shell(self.request)
        context["next"] = self.get_next_url() or ""  # type: ignore[attr-defined]
        return context

    def form_invalid(self, form: Form) -> HttpResponse:
        """The page again with what was typed, as the client error it is."""
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        if response.status_code == 200:
            response.status_code = 422
        return response


class SignIn(_ForVisitors, account.LoginView):
    """Address and password."""

    form_class = SignInForm
    template_name = "people/sign_in.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """And the other providers that say who somebody is."""
        return super().get_context_data(**more) | {"providers": active_providers()}


class CodeRequest(_ForVisitors, account.RequestLoginCodeView):
    """Ask for a one-time code by mail. The answer is the same whether anybody has the address or not."""

    form_class = CodeRequestForm
    template_name = "people/code_request.html"

    def get_initial(self) -> dict[str, Any]:
        """The address of the link in an invitation."""
        return {"email": self.request.GET.get("email", "")[:254]}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer no sooner than `_CODE_ANSWER_SECONDS` after the question, whoever has the address.

        Queueing a mail for good takes some milliseconds more than doing it and undoing it. The limits on asking keep
        those who wait few.
        """
        began = time.monotonic()
        response: HttpResponse = super().post(request, *args, **kwargs)
        time.sleep(max(0.0, _CODE_ANSWER_SECONDS - (time.monotonic() - began)))
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        """The button on the sign-in page sends that page's form here: its `login` is our `email`."""
        kwargs: dict[str, Any] = super().get_form_kwargs()
        if "login" in self.request.POST and "email" not in self.request.POST:
            kwargs["data"] = {"email": self.request.POST["login"]}
        return kwargs


class CodeConfirm(_ForVisitors, account.ConfirmLoginCodeView):
    """Type the code. The link in the mail fills it in; only the button signs in, so a mail scanner cannot."""

    form_class = CodeForm
    template_name = "people/code_confirm.html"

    def get_initial(self) -> dict[str, Any]:
        """The code of the link in the mail."""
        return {"code": self.request.GET.get("code", "")[:40]}

    def form_valid(self, form: Form) -> HttpResponse:
        """Sign in: whoever types the code has read what was sent to that address."""
        person, address = self._process.user, self._process.state.get("email", "")
        if self._action == "verify" and person is not None and person.is_active:
            verify_address(by=Author.of(person), person=person, address=address)
        response: HttpResponse = super().form_valid(form)
        return response

    def form_invalid(self, form: Form) -> HttpResponse:
        """Remember the wrong code, the same way for an address nobody has."""
        address = self._process.state.get("email", "")
        note_refusal(person=self._process.user, address=address, why="code", origin=Origin.of(self.request))
        return super().form_invalid(form)


sign_in = SignIn.as_view()
code_request = CodeRequest.as_view()
code_confirm = CodeConfirm.as_view()


@never_cache
@require_safe
def restart(request: HttpRequest) -> HttpResponse:
    """Forget the code that was asked for in this browser and begin again."""
    clear_login(request)
    return redirect("sign-in")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("sign-in")


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everybody to their own place: agents to the desk, requesters to the portal, visitors to the sign-in.

    Before there is an administrator, visitors come to the first run instead.
    """
    if not request.user.is_authenticated:
        return redirect("sign-in" if has_administrator() else "welcome")
    return redirect("desk" if signed_in(request).may(Right.DESK) else "portal:home")


@require_safe
def language(request: HttpRequest, code: str) -> HttpResponse:
    """Remember a visitor's language in a cookie and go back to where they were."""
    if code not in dict(settings.LANGUAGES):
        raise Http404
    back = request.GET.get("next", "")
    if not (back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)):
        back = "/"
    response = redirect(back)
    remember_language(response, code)
    return response


def remember_language(response: HttpResponse, code: str) -> None:
    """Have the browser keep the language for whoever is not signed in."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        code,
        max_age=_YEAR_SECONDS,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )


@require_safe
def switched_off(request: HttpRequest) -> HttpResponse:
    """Where the library sends a person whose account is switched off, after the right password only."""
    return render(request, "people/switched_off.html", {"shell": visitor_shell(request)}, status=403)


# One's own profile

_CODE_SECONDS = 15 * 60


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """One's own name, language, time zone, colors; an agent's absence, notices and keys."""
    person = signed_in(request)
    agent = person.may(Right.DESK)
    initial = ProfileForm.initial_of(person)
    posted = request.POST if request.method == "POST" else None
    form = ProfileForm(posted, initial=initial, agent=agent)
    if posted is not None and form.is_valid():
        row = change_person(by=Author.of(person), person=person, **form.cleaned_data)
        with override(row.language or get_language()):
            messages.success(request, _("Saved."))
        return redirect("profile")
    password = PasswordForm(person=person, ask_current=_asks_current(request, person))
    return _profile_page(request, person, form, password)


@never_cache
@login_required
@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Change one's password, or set the first one. The session stays; others of the same person end."""
    person = signed_in(request)
    form = PasswordForm(request.POST, person=person, ask_current=_asks_current(request, person))
    if form.is_valid() and "current" in form.fields:
        # Through the back-ends, so that guesses here count towards the lock-out as they do at the sign-in.
        known = authenticate(request, email=person.email, password=form.cleaned_data["current"])
        if known is None:
            note_refusal(person=person, address=person.email or "", why="password", origin=Origin.of(request))
            form.add_error("current", _("This is not your present password."))
    if form.is_valid():
        hashed = make_password(form.cleaned_data["new"])
        here = request.session.session_key
        by, origin = Author.of(person), Origin.of(request)
        set_password(by=by, person=person, password_hash=hashed, keep_session=here, origin=origin)
        person.password = hashed
        update_session_auth_hash(request, person)
        messages.success(request, _("Your new password is set. Other browsers are signed out."))
        return redirect("profile")
    initial = ProfileForm.initial_of(person)
    about = ProfileForm(initial=initial, agent=person.may(Right.DESK))
    return _profile_page(request, person, about, form)


def signed_in(request: HttpRequest) -> Person:
    """The person behind a request that has passed `login_required`."""
    person = request.user
    assert isinstance(person, Person)
    return person


def frame(request: HttpRequest, person: Person) -> dict[str, Any]:
    """The shell around a page that agents see at the desk and requesters in the portal."""
    if person.may(Right.DESK):
        return {"layout": "ui/desk.html", "at_desk": True}
    return {"layout": "ui/portal.html", "at_desk": False, "shell": portal_shell(request, person)}


def _asks_current(request: HttpRequest, person: Person) -> bool:
    if not person.has_password:
        return False
    proofs = request.session.get("account_authentication_methods", [])
    return not any(
        proof.get("method") == "code" and time.time() - proof.get("at", 0) < _CODE_SECONDS for proof in proofs
    )


def _profile_page(request: HttpRequest, person: Person, form: Form, password: Form) -> HttpResponse:
    context = frame(request, person) | {"person": person, "form": form, "password_form": password}
    context["usual_hours"] = hours_in_words(usual_hours())
    return render(request, "people/profile.html", context, status=422 if form.errors or password.errors else 200)

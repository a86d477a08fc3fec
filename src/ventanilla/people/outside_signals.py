"""Where outside libraries call us: the only place where somebody else decides when our code runs."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from ventanilla.events.wake import wake
from ventanilla.people.account_actions import note_refusal, note_sign_in
from ventanilla.people.actions import person_at
from ventanilla.people.addresses import normal_email
from ventanilla.people.middleware import note_in_use
from ventanilla.people.models import Person
from ventanilla.people.origin import Origin

# The method under which the library remembers a second step.
SECOND = "second"
_FORGOTTEN_MAIL = "account/email/unknown_account"
_CODE_MAIL = "account/email/login_code"


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: persons come from mail, from colleagues or from an import."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The address or the password is not right. Look at both and try again."),
        "incorrect_code": _("That is not the code we sent. Look at the latest mail and type it again."),
        "too_many_login_attempts": _("Too many attempts. Please wait a few minutes and try again."),
        "rate_limited": _("Too many attempts. Please wait a few minutes and try again."),
        "account_inactive": _("This account is switched off."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Sign-up is closed."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Only a path of ours is safe to go to after signing in: no other host, whatever the request's headers say."""
        return bool(url) and str(url).startswith("/") and url_has_allowed_host_and_scheme(str(url), allowed_hosts=None)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """The pages say what happened; of the library's own messages only spoken errors are kept."""
        if kwargs.get("message"):
            super().add_message(request, level, *args, **kwargs)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin the session, and remember it."""
        super().login(request, user)
        if isinstance(user, Person):
            records = get_authentication_records(request, user)
            first: dict[str, Any] = next((one for one in reversed(records) if one.get("method") != SECOND), {})
            last = records[-1] if records else {}
            second = str(last.get("type", "")) if last.get("method") == SECOND else ""
            note_sign_in(
                person=user, how=str(first.get("method", "")), second=second, provider=first.get("provider"),
                origin=Origin.of(request),
            )  # fmt: skip

    def get_login_stages(self) -> list[str]:
        """After whatever proved who somebody is: the second step."""
        return ["allauth.account.stages.LoginByCodeStage", "ventanilla.people.second_stage.SecondStepStage"]

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Remember a wrong password, or that the address is locked from there."""
        address = str(credentials.get("email") or "")
        why = "locked" if getattr(request, "axes_locked_out", False) else "password"
        note_refusal(person=person_at(address), address=address, why=why, origin=Origin.of(request))

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """Remember that somebody who is switched off knocked with the right password or code."""
        if isinstance(user, Person):
            note_refusal(person=user, address=user.email or "", why="inactive", origin=Origin.of(request))
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue a mail. For an address nobody has the same work is done and undone: nothing is sent, no time is saved.

        Otherwise the time of the answer would tell who has an account here.
        """
        forgotten = template_prefix == _FORGOTTEN_MAIL
        with transaction.atomic():
            if forgotten:
                template_prefix, context = _CODE_MAIL, {**context, "code": self.generate_login_code()}
            super().send_mail(template_prefix, email, {**context, "address": settings.PUBLIC_URL or _local(context)})
            if forgotten:
                transaction.set_rollback(True)
        if forgotten:
            wake("outgoing")


def listen() -> None:
    """Hear of every session that begins, whoever begins it. Called once by the wiring."""
    user_logged_in.connect(_began, dispatch_uid="people.session_began")


def _began(sender: Any, request: HttpRequest, **_more: Any) -> None:
    note_in_use(request, Origin.of(request), int(time.time()))


def _local(context: dict[str, Any]) -> str:
    """Without `VENTANILLA_URL` only this computer can have asked (see ALLOWED_HOSTS), at the port it knows."""
    request = context["request"]
    return f"{request.scheme}://{request.get_host()}"


def address_typed(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Whose failures are counted together: the address in its one normal form, so that spelling is no way round."""
    given = credentials or {}
    typed = given.get("email") or given.get("login") or request.POST.get("login", "")
    return normal_email(str(typed)) or str(typed)[:254].lower()

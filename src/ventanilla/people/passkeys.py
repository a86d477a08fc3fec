"""Passkeys (W3C WebAuthn, level 2): what we ask a browser for, and whether its answer is true.

What was asked stands in the session until it is answered, five minutes at most, and is good for one answer.
"""

import json
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ventanilla.core.late import Late
from ventanilla.installation.queries import installation
from ventanilla.people.models import Person, SecondStep

if TYPE_CHECKING:
    from fido2 import server, utils, webauthn
else:
    server, utils, webauthn = Late("fido2.server"), Late("fido2.utils"), Late("fido2.webauthn")

_ASKED: Final = "passkey_asked"
_ANSWER_SECONDS: Final = 300
_LONGEST_ANSWER: Final = 20_000
# What the library raises for what is no answer: it says ValueError only for what looks like one.
_NOT_AN_ANSWER: Final = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)


def ask_for_new(request: HttpRequest, person: Person) -> dict[str, Any]:
    """Options for `navigator.credentials.create()`: one the device keeps and unlocks, if it can."""
    user = webauthn.PublicKeyCredentialUserEntity(
        id=str(person.pk).encode(), name=person.email or person.display_name, display_name=person.display_name
    )
    options, state = _server(request).register_begin(
        user,
        credentials=[_public(step) for step in _passkeys(person)],
        resident_key_requirement=webauthn.ResidentKeyRequirement.PREFERRED,
        user_verification=webauthn.UserVerificationRequirement.PREFERRED,
    )
    return _asked(request, options, state, "new")


def answer_for_new(request: HttpRequest, answer: str) -> tuple[str, str, int]:
    """The credential's id, its public data and its counter. Raises `ValidationError` for what is not true."""
    state = _take(request, "new")
    try:
        made = _server(request).register_complete(state, webauthn.RegistrationResponse.from_dict(_read(answer)))
    except _NOT_AN_ANSWER as error:
        raise _untrue() from error
    if made.credential_data is None:
        raise _untrue()
    return (
        utils.websafe_encode(made.credential_data.credential_id),
        utils.websafe_encode(made.credential_data),
        made.counter,
    )


def ask_for_known(request: HttpRequest, person: Person | None) -> dict[str, Any]:
    """Options for `navigator.credentials.get()`: one of the person's, or with `None` any that this site has made.

    In place of a password the device must make sure who holds it (a finger, a face, a PIN); as a second step it need
    not.
    """
    verification = (
        webauthn.UserVerificationRequirement.REQUIRED
        if person is None
        else webauthn.UserVerificationRequirement.DISCOURAGED
    )
    options, state = _server(request).authenticate_begin(
        credentials=None if person is None else [_public(step) for step in _passkeys(person)],
        user_verification=verification,
    )
    return _asked(request, options, state, "whole" if person is None else "second")


def answer_for_known(request: HttpRequest, answer: str, person: Person | None) -> tuple[SecondStep, int]:
    """The passkey that signed, and its counter. Raises `ValidationError` for an answer that is not true.

    A counter that does not rise is a copy of the passkey (WebAuthn, 7.2, step 22): refused too.
    """
    state = _take(request, "whole" if person is None else "second")
    try:
        said = webauthn.AuthenticationResponse.from_dict(_read(answer))
        rows = SecondStep.objects.filter(kind=SecondStep.Kind.PASSKEY, credential=utils.websafe_encode(said.raw_id))
        step = (rows if person is None else rows.filter(person=person)).select_related("person__role").first()
        if step is None:
            raise ValidationError(_("This passkey is not known here. It may have been removed."))
        _server(request).authenticate_complete(state, [_public(step)], said)
        counter = said.response.authenticator_data.counter
    except _NOT_AN_ANSWER as error:
        raise _untrue() from error
    if (counter or step.counter) and counter <= step.counter:
        raise _untrue()
    return step, counter


def _server(request: HttpRequest) -> "server.Fido2Server":
    host = urlsplit(settings.PUBLIC_URL).hostname if settings.PUBLIC_URL else request.get_host().partition(":")[0]
    return server.Fido2Server(webauthn.PublicKeyCredentialRpEntity(id=host or "localhost", name=installation().name))


def _passkeys(person: Person) -> list[SecondStep]:
    return list(SecondStep.objects.filter(person=person, kind=SecondStep.Kind.PASSKEY))


def _public(step: SecondStep) -> "webauthn.AttestedCredentialData":
    return webauthn.AttestedCredentialData(utils.websafe_decode(step.secret))


def _asked(request: HttpRequest, options: Any, state: dict[str, Any], what: str) -> dict[str, Any]:
    verification = state["user_verification"]
    kept = {"challenge": state["challenge"], "user_verification": str(getattr(verification, "value", verification))}
    request.session[_ASKED] = {"what": what, "at": time.time(), "state": kept}
    return dict(options)


def _take(request: HttpRequest, what: str) -> dict[str, Any]:
    asked = request.session.pop(_ASKED, None) or {}
    if asked.get("what") != what or time.time() - asked.get("at", 0) > _ANSWER_SECONDS:
        raise ValidationError(_("That took too long. Try again."))
    state: dict[str, Any] = asked["state"]
    return state


def _read(answer: str) -> Any:
    if len(answer) > _LONGEST_ANSWER:
        raise ValueError("longer than any answer")
    return json.loads(answer)


def _untrue() -> ValidationError:
    return ValidationError(_("The passkey could not be checked. Try again, or use another way."))

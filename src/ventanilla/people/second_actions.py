"""Second steps: adding and removing them, using them once, recovery codes, and the way out for the locked-out."""

import re
import secrets
import time

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.crypto import seal, sign, unseal
from ventanilla.events.record import record
from ventanilla.people.actions import check_rank
from ventanilla.people.author import Author
from ventanilla.people.models import Person, RecoveryCode, SecondStep, Session
from ventanilla.people.origin import Origin
from ventanilla.people.rights import Right
from ventanilla.people.second import second_step_required
from ventanilla.people.totp import step_of

RECOVERY_CODES = 10
# Without what looks alike. Twelve of them are 59 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@transaction.atomic
def add_app(
    *, by: Author, person: Person, secret: str, code: str, keep_session: str | None, origin: Origin
) -> list[str]:
    """Let an app's codes be the second step, if `code` proves that the app has the secret (base32).

    Other sessions end, except the one with the key `keep_session`. Returns recovery codes when these are the first,
    else nothing: they are shown once. Records `person.second_step_added`. Raises `ValidationError` for a wrong code, or
    when there is an app already.
    """
    _own(by, person)
    Person.objects.select_for_update().get(pk=person.pk)
    if SecondStep.objects.filter(person=person, kind=SecondStep.Kind.APP).exists():
        raise ValidationError(_("There is an app already. Remove it first."))
    step = step_of(secret, code, now=time.time(), after=0)
    if step is None:
        raise ValidationError(_("That code is not right. Type the one the app shows now."))
    row = SecondStep(person=person, kind=SecondStep.Kind.APP, counter=step, secret=seal(secret, settings.SEALING_KEYS))
    return _added(by, row, keep_session, origin)


@transaction.atomic
def add_passkey(
    *, by: Author, person: Person, name: str, credential: str, data: str, counter: int, keep_session: str | None,
    origin: Origin,
) -> list[str]:  # fmt: skip
    """Let a passkey sign in and be the second step; whoever calls has checked what the browser sent.

    Otherwise like `add_app`. Raises `ValidationError` for a passkey that is known already.
    """
    _own(by, person)
    Person.objects.select_for_update().get(pk=person.pk)
    if SecondStep.objects.filter(credential=credential).exists():
        raise ValidationError(_("This passkey has been added already."))
    row = SecondStep(
        person=person, kind=SecondStep.Kind.PASSKEY, name=name[:80], secret=data, credential=credential, counter=counter
    )
    return _added(by, row, keep_session, origin)


def _added(by: Author, row: SecondStep, keep_session: str | None, origin: Origin) -> list[str]:
    person = row.person
    row.save()
    Session.objects.filter(person=person).exclude(session_key=keep_session or "").delete()
    first = person.protected_at is None
    if first:
        person.protected_at = timezone.now()
        Person.objects.filter(pk=person.pk).update(protected_at=person.protected_at)
    codes = _new_codes(person) if first else []
    personal = {"step": row.name, **origin.as_personal()}
    record(
        "person.second_step_added", f"person:{person.pk}", actor=by.actor, data={"step": row.kind}, personal=personal
    )
    return codes


@transaction.atomic
def remove_second_step(*, by: Author, person: Person, step: SecondStep, origin: Origin) -> None:
    """Take away one of one's own second steps; with the last one the recovery codes go too.

    Records `person.second_step_removed`. Raises `ValidationError` for the last one of somebody who needs one.
    """
    _own(by, person)
    Person.objects.select_for_update().get(pk=person.pk)
    others = SecondStep.objects.filter(person=person).exclude(pk=step.pk).exists()
    if not others and second_step_required(person):
        raise ValidationError(_("Your role needs a second step. Add another one before you remove this one."))
    SecondStep.objects.filter(pk=step.pk, person=person).delete()
    if not others:
        _unprotect(person)
    personal = {"step": step.name, **origin.as_personal()}
    topic, data = f"person:{person.pk}", {"step": step.kind}
    record("person.second_step_removed", topic, actor=by.actor, data=data, personal=personal)


@transaction.atomic
def renew_recovery_codes(*, by: Author, person: Person, origin: Origin) -> list[str]:
    """New recovery codes; the old ones are worthless from now on. Returned once and never again.

    Records `person.recovery_codes_made`. Raises `ValidationError` for whoever has no second step.
    """
    _own(by, person)
    if not SecondStep.objects.filter(person=person).exists():
        raise ValidationError(_("Recovery codes replace a second step. Set one up first."))
    codes = _new_codes(person)
    record("person.recovery_codes_made", f"person:{person.pk}", actor=by.actor, personal=origin.as_personal())
    return codes


def _new_codes(person: Person) -> list[str]:
    RecoveryCode.objects.filter(person=person).delete()
    plain = ["".join(secrets.choice(_ALPHABET) for _place in range(12)) for _number in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(person=person, digest=_digest(person, code, settings.SECRET_KEY)) for code in plain
    )
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in plain]


def _digest(person: Person, code: str, key: str) -> str:
    return sign("recovery code", f"{person.pk}:{code}", key)


@transaction.atomic
def use_code(*, person: Person, code: str, origin: Origin) -> str:
    """Use up a code of the person's app or one of their recovery codes: `app`, `recovery`, or "" when it is neither.

    A code is good once, whoever is faster. Records `person.recovery_code_used` for the latter, with how many are left.
    """
    app = SecondStep.objects.filter(person=person, kind=SecondStep.Kind.APP).first()
    if app is not None:
        secret = unseal(app.secret, settings.SEALING_KEYS)
        step = step_of(secret, code, now=time.time(), after=app.counter)
        if step is not None and _take_step(app, step):
            return SecondStep.Kind.APP.value
    typed = re.sub(r"[\s-]", "", code).lower()[:40]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = [_digest(person, typed, key) for key in keys]
    unused = RecoveryCode.objects.filter(person=person, used_at=None)
    if not unused.filter(digest__in=digests).update(used_at=timezone.now()):
        return ""
    data, topic = {"left": unused.count()}, f"person:{person.pk}"
    record("person.recovery_code_used", topic, actor=topic, data=data, personal=origin.as_personal())
    return "recovery"


def _take_step(app: SecondStep, step: int) -> bool:
    """Whether this code is the first of its time step: of two at once only one changes the row."""
    earlier = SecondStep.objects.filter(pk=app.pk, counter__lt=step)
    return bool(earlier.update(counter=step, used_at=timezone.now()))


@transaction.atomic
def use_passkey(*, step: SecondStep, counter: int) -> None:
    """Remember a use of a passkey and its counter; whoever calls has checked it. The sign-in is the event."""
    SecondStep.objects.filter(pk=step.pk).update(counter=counter, used_at=timezone.now())


@transaction.atomic
def reset_second_step(*, by: Author, person: Person) -> None:
    """Take all second steps and recovery codes from somebody who lost them, and end their sessions.

    Needs the right to manage people, and no fewer rights than the person has; nobody resets their own. Records
    `person.second_step_reset`. Raises `ValidationError` for oneself.
    """
    by.require(Right.PEOPLE)
    check_rank(by, person.role)
    if by.person is not None and by.person.pk == person.pk:
        raise ValidationError(_("You cannot reset your own second step. Ask another administrator."))
    Person.objects.select_for_update().get(pk=person.pk)
    SecondStep.objects.filter(person=person).delete()
    _unprotect(person)
    Session.objects.filter(person=person).delete()
    record("person.second_step_reset", f"person:{person.pk}", actor=by.actor)


def _unprotect(person: Person) -> None:
    RecoveryCode.objects.filter(person=person).delete()
    person.protected_at = None
    Person.objects.filter(pk=person.pk).update(protected_at=None)


def _own(by: Author, person: Person) -> None:
    if not by.trusted and (by.person is None or by.person.pk != person.pk):
        raise PermissionDenied

"""Telling people by mail what was changed about their account: always, whatever notices they chose."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from ventanilla.core.addresses import reverse
from ventanilla.events import wake
from ventanilla.events.record import Cause, Happening
from ventanilla.installation.queries import installation
from ventanilla.mail.keys import domain_of
from ventanilla.mail.models import Outgoing
from ventanilla.mail.queries import mailbox_of
from ventanilla.people.middleware import zone_of
from ventanilla.people.models import Person
from ventanilla.people.origin import device
from ventanilla.people.queries import provider_name

KINDS = frozenset(
    {
        "person.password_changed",
        "person.rights_changed",
        "person.second_step_added",
        "person.second_step_removed",
        "person.second_step_reset",
        "person.recovery_codes_made",
        "person.recovery_code_used",
        "person.sign_in_linked",
        "person.sign_in_unlinked",
        "token.created",
    }
)


def tell_account(happening: Happening, _cause: Cause) -> None:
    """Write a mail to whose account an event is about, in their language. Run once per event by its hand-over.

    A new address is told to the old one as well: whoever lost the account reads there.
    """
    event, personal = happening.event, happening.personal
    person = Person.objects.active().filter(pk=int(event.topic.partition(":")[2])).first()
    if person is None:
        return
    addresses = [person.email] if person.email else []
    if event.kind == "person.rights_changed":
        old = (personal.get("email") or [None])[0]
        if not old:
            return
        addresses = list(dict.fromkeys([old, *addresses]))
    mailbox, company = mailbox_of(None), installation()
    with override(person.language or company.language):
        sentence = _sentence(event.kind, event.data, personal)
        subject = _("Your account at %(company)s: %(sentence)s") % {"company": company.name, "sentence": sentence}
        zone = zone_of(person.time_zone or company.time_zone)
        context = {
            "sentence": sentence,
            "at": event.at.astimezone(zone),
            "zone": zone.key,
            "place": _place(personal),
            "by_person": event.actor == event.topic,
            "address": f"{settings.PUBLIC_URL}{reverse('safety')}" if settings.PUBLIC_URL else "",
        }
        text = render_to_string("notify/account.txt", context)
    rows = [
        Outgoing(
            kind=Outgoing.Kind.LIBRARY,
            event=event.pk,
            person=person,
            address=address,
            mailbox=mailbox,
            rfc_message_id=f"<a.{secrets.token_hex(12)}@{domain_of(mailbox)}>",
            automatic=True,
            context={"subject": " ".join(subject.split())[:200], "text": text},
        )
        for address in addresses
    ]
    Outgoing.objects.bulk_create(rows, ignore_conflicts=True)
    wake.wake_on_commit("outgoing")


def _sentence(kind: str, data: Mapping[str, Any], personal: Mapping[str, Any]) -> str:
    names = {"name": personal.get("step") or personal.get("token") or ""}
    app = data.get("step") == "app"
    if kind == "person.rights_changed":
        old, new = (address or _("none") for address in personal["email"])
        return _("Your address was changed from %(old)s to %(new)s.") % {"old": old, "new": new}
    if kind == "person.second_step_added":
        return _("An authenticator app was added.") if app else _("The passkey “%(name)s” was added.") % names
    if kind == "person.second_step_removed":
        return _("The authenticator app was removed.") if app else _("The passkey “%(name)s” was removed.") % names
    if kind == "person.recovery_code_used":
        return _("A recovery code was used to sign in. You have %(left)s left.") % {"left": data["left"]}
    if kind in ("person.sign_in_linked", "person.sign_in_unlinked"):
        provider = {"provider": provider_name(data["provider"])}
        linked = kind == "person.sign_in_linked"
        return (
            _("Signing in with %(provider)s was added.") if linked else _("Signing in with %(provider)s was removed.")
        ) % provider
    sentences = {
        "person.password_changed": _("Your password was changed."),
        "person.second_step_reset": _("Your second step was reset: set up a new one when you sign in."),
        "person.recovery_codes_made": _("New recovery codes were made."),
        "token.created": _("An API token was made: %(name)s.") % names,
    }
    return sentences[kind]


def _place(personal: Mapping[str, Any]) -> str:
    agent, ip = str(personal.get("agent") or ""), str(personal.get("ip") or "")
    return " · ".join(part for part in (device(agent) if agent else "", ip) if part)

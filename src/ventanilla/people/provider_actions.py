"""Providers of sign-ins: connecting and removing them, and linking people's accounts there with who they are here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.crypto import seal
from ventanilla.events.record import record
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.actions import create_person, person_at
from ventanilla.people.author import Author
from ventanilla.people.id_token import Told
from ventanilla.people.models import Identity, Person, SignInProvider
from ventanilla.people.oidc import Metadata
from ventanilla.people.origin import Origin
from ventanilla.people.rights import Right
from ventanilla.people.second import has_protected_rights


@dataclass(frozen=True)
class Connection:
    """What an administrator decides about a provider. An empty secret keeps the stored one."""

    kind: str
    label: dict[str, str]
    client_id: str
    client_secret: str
    secret_expires_on: date | None
    ca_certificate: str
    active: bool
    makes_requesters: bool
    domains: Sequence[str]


@dataclass(frozen=True)
class Entry:
    """Who came in by a provider; nobody, and `why`: `unverified`, `unknown`, `inactive` or `protected`.

    `person` may also be told of a refusal, so that it stands among theirs.
    """

    person: Person | None
    why: str = ""


@transaction.atomic
def save_provider(
    *, by: Author, provider: SignInProvider | None, key: str, connection: Connection, metadata: Metadata
) -> SignInProvider:
    """Connect a provider under this key, or change one; its issuer stays what it was. The secret is sealed.

    Whoever calls has asked the provider for `metadata`. Records `sign_in_provider.created` or `.changed` with the names
    of what was changed. Raises `ValidationError` for an issuer or a key that is connected already.
    """
    by.require(Right.SETTINGS)
    row = SignInProvider.objects.select_for_update().get(pk=provider.pk) if provider else SignInProvider(key=key)
    if provider is None:
        if SignInProvider.objects.filter(issuer=metadata.issuer, archived_at=None).exists():
            raise ValidationError(_("This provider is connected already."))
        if SignInProvider.objects.filter(key=key).exists():
            raise ValidationError(_("Meanwhile another provider was connected. Look at the redirect address again."))
        row.issuer, row.kind, row.position = metadata.issuer, connection.kind, SignInProvider.objects.count()
    given = {
        "label": connection.label, "client_id": connection.client_id, "ca_certificate": connection.ca_certificate,
        "active": connection.active, "makes_requesters": connection.makes_requesters,
        "domains": list(connection.domains), "metadata": metadata.stored(),
        "secret_expires_on": connection.secret_expires_on,
    }  # fmt: skip
    changed = sorted(name for name, value in given.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, given[name])
    if connection.client_secret:
        row.client_secret = seal(connection.client_secret, settings.SEALING_KEYS)
        changed.append("client_secret")
    row.save()
    bump_config_version()
    kind = "sign_in_provider.changed" if provider else "sign_in_provider.created"
    record(kind, f"sign_in_provider:{row.pk}", actor=by.actor, data={"fields": changed if provider else []})
    return row


@transaction.atomic
def remove_provider(*, by: Author, provider: SignInProvider) -> None:
    """Nobody signs in by this provider any more: links are forgotten, and the secret. Its name stays for the history.

    Records `sign_in_provider.removed` with how many people were linked.
    """
    by.require(Right.SETTINGS)
    row = SignInProvider.objects.select_for_update().get(pk=provider.pk)
    unlinked, _by_model = Identity.objects.filter(provider=row).delete()
    row.archived_at, row.active, row.client_secret = row.archived_at or timezone.now(), False, ""
    row.save(update_fields=["archived_at", "active", "client_secret"])
    bump_config_version()
    record("sign_in_provider.removed", f"sign_in_provider:{row.pk}", actor=by.actor, data={"count": unlinked})


@transaction.atomic
def enter(*, provider: SignInProvider, told: Told, language: str, origin: Origin) -> Entry:
    """Who it is that a provider vouches for; whoever calls has made sure that it does.

    Somebody linked already; else whoever has the verified address, who is linked now; else, where the provider makes
    requesters, a new one. Whoever has protected rights is never linked here. Records `person.sign_in_linked` for a new
    link, and `person.created`.
    """
    known = _linked(provider, told)
    if known is not None:
        return Entry(known) if known.is_active else Entry(known, "inactive")
    if not told.verified:
        return Entry(None, "unverified")
    person = person_at(told.address)
    if person is None:
        if not _makes(provider, told.address):
            return Entry(None, "unknown")
        by = Author.system("sign-in")
        person = create_person(by=by, name=told.name, email=told.address, language=language, verified=True)
    elif not person.is_active:
        return Entry(person, "inactive")
    elif has_protected_rights(person):
        return Entry(person, "protected")
    _link(actor=f"person:{person.pk}", person=person, provider=provider, told=told, origin=origin)
    return Entry(person)


@transaction.atomic
def link(*, by: Author, person: Person, provider: SignInProvider, told: Told, origin: Origin) -> None:
    """Let one's account at a provider sign one in from now on; whoever calls has made sure whose account it is.

    Records `person.sign_in_linked`; nothing happens when it is linked already. Raises `ValidationError` when that
    account signs in somebody else.
    """
    _own(by, person)
    known = _linked(provider, told)
    if known is None:
        _link(actor=by.actor, person=person, provider=provider, told=told, origin=origin)
    elif known.pk != person.pk:
        raise ValidationError(_("This account at %(provider)s signs in somebody else.") % {"provider": provider})


@transaction.atomic
def unlink(*, by: Author, person: Person, identity: Identity, origin: Origin) -> None:
    """One's account at a provider does not sign one in any more. Records `person.sign_in_unlinked`."""
    _own(by, person)
    gone, _by_model = Identity.objects.filter(pk=identity.pk, person=person).exclude(provider=None).delete()
    if gone:
        data, personal = {"provider": identity.provider_id}, origin.as_personal()
        record("person.sign_in_unlinked", f"person:{person.pk}", actor=by.actor, data=data, personal=personal)


def _linked(provider: SignInProvider, told: Told) -> Person | None:
    rows = Identity.objects.filter(kind=Identity.Kind.EXTERNAL, value=told.value, provider=provider)
    found = rows.select_related("person__role", "person__merged_into__role").first()
    return (found.person.merged_into or found.person) if found else None


def _link(*, actor: str, person: Person, provider: SignInProvider, told: Told, origin: Origin) -> None:
    Identity.objects.create(
        person=person, kind=Identity.Kind.EXTERNAL, value=told.value, provider=provider, verified_at=timezone.now()
    )
    personal = {"account": told.address, **origin.as_personal()}
    data = {"provider": provider.pk}
    record("person.sign_in_linked", f"person:{person.pk}", actor=actor, data=data, personal=personal)


def _makes(provider: SignInProvider, address: str) -> bool:
    domain = address.rpartition("@")[2]
    return provider.makes_requesters and (not provider.domains or domain in provider.domains)


def _own(by: Author, person: Person) -> None:
    if not by.trusted and (by.person is None or by.person.pk != person.pk):
        raise PermissionDenied

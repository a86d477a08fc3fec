"""What stands on a line of the audit list, in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ventanilla.core.addresses import reverse
from ventanilla.core.labels import text_in
from ventanilla.desk.audit_spec import AUDIT
from ventanilla.events import registry
from ventanilla.fields.definitions import definition_named
from ventanilla.fields.kinds import Reading
from ventanilla.fields.registry import spec_of
from ventanilla.fields.sections import section_of
from ventanilla.fields.spec import Spec
from ventanilla.mail.forms import MailboxForm
from ventanilla.mail.models import Mailbox, OAuthClient, SenderRule
from ventanilla.people.custom import said
from ventanilla.people.models import Organization, Person, Role, SignInProvider
from ventanilla.people.origin import device
from ventanilla.people.provider_forms import ProviderForm
from ventanilla.tickets.models import Ticket
from ventanilla.ui import lists

READS = ("kind", "topic", "actor", "recorded_at", "data", "payload__data")
# What a topic names, and under which address it can be looked at ("" for none).
_ROWS: Mapping[str, tuple[Any, str]] = {
    "organization": (Organization, "organization"),
    "mailbox": (Mailbox, "mailbox"),
    "mail_client": (OAuthClient, ""),
    "sender": (SenderRule, ""),
    "sign_in_provider": (SignInProvider, ""),
}


@dataclass
class Names:
    """What the events of one page name: each sort of row is read once."""

    reader: Person
    reading: Reading
    rows: dict[str, dict[int, str]] = field(default_factory=dict)

    def learn(self, sort: str, ids: Iterable[int]) -> None:
        wanted = set(ids) - self.rows.get(sort, {}).keys()
        if not wanted:
            return
        if sort == "ticket":
            seen = Ticket.objects.visible_to(self.reader).filter(pk__in=wanted)
            found = {pk: f"{number} {subject}" for pk, number, subject in seen.values_list("pk", "number", "subject")}
        else:
            model: Any = {"person": Person, "role": Role}.get(sort) or _model_of(sort)
            found = {row.pk: str(row) for row in model.objects.filter(pk__in=wanted)}
        self.rows.setdefault(sort, {}).update(found)

    def of(self, sort: str, pk: Any) -> str:
        return self.rows.get(sort, {}).get(pk, "") if isinstance(pk, int) else ""


def learn(names: Names, rows: Sequence[Any]) -> None:
    """Read the names of what these events speak of."""
    wanted: dict[str, set[int]] = {}

    def name(sort: str, pk: Any) -> None:
        if isinstance(pk, int):
            wanted.setdefault(sort, set()).add(pk)

    for row in rows:
        for text in (row.actor, row.topic):
            sort, _colon, number = text.partition(":")
            if number.isdecimal() and (sort in ("person", "ticket") or _model_of(sort) is not None):
                name(sort, int(number))
        changes = row.data.get("changes") or {}
        for pk in (*changes.get("role", ()), row.data.get("role")):
            name("role", pk)
        shared_with = changes.get("team", ()) if row.kind == "view.shared" else ()
        for pk in (*chain(*changes.get("teams", ())), *row.data.get("teams", ()), *shared_with):
            name("team", pk)
        for pk in chain(*changes.get("limited_to", ())):
            name("organization", pk)
        name("sign_in_provider", row.data.get("provider"))
        for pk in (*row.data.get("added", ()), *row.data.get("removed", ())):
            name("person", pk)
    for sort, ids in wanted.items():
        names.learn(sort, ids)


def line_of(row: Any, names: Names) -> dict[str, Any]:
    """An event as a line of the list: who did what, to whom, from where. `names` has learnt of it."""
    personal = row.payload__data or {}
    who, who_url = _named(row.actor, names)
    about, about_url = _named(row.topic, names) if row.topic != row.actor else ("", "")
    return {
        "at": row.recorded_at,
        "who": who or _who_else(row.actor),
        "who_url": who_url,
        "what": str(registry.kinds()[row.kind].sentence),
        "tone": "risk" if row.kind in ("person.sign_in_failed", "person.locked_out") else "",
        "details": [detail for detail in _details(row, personal, names) if detail],
        "about": about or personal.get("name", "") or personal.get("address", ""),
        "about_url": about_url,
        "ip": personal.get("ip", ""),
        "device": device(personal["agent"]) if personal.get("agent") else "",
    }


def _named(text: str, names: Names) -> tuple[str, str]:
    """What a topic or actor is called, and where it can be looked at."""
    sort, _colon, number = text.partition(":")
    if not number.isdecimal():
        return "", ""
    pk = int(number)
    name = names.of(sort, pk)
    if sort == "person":
        return name or f"#{pk}", reverse("person", args=[pk]) if name else ""
    if sort == "ticket":
        return (
            (name, reverse("desk-ticket", args=[name.partition(" ")[0]]))
            if name
            else (_("A ticket you cannot see"), "")
        )
    section = section_of(sort)
    if section is not None:
        return name, section.url_of(pk) if name else ""
    address = _ROWS[sort][1] if sort in _ROWS and name else ""
    return name, reverse(address, args=[pk]) if address else ""


def _model_of(sort: str) -> Any:
    """The model behind what topics call `sort`, or nothing."""
    section = section_of(sort)
    return section.model if section is not None else _ROWS.get(sort, (None,))[0]


def _who_else(actor: str) -> str:
    sort, _colon, rest = actor.partition(":")
    return {
        "visitor": _("Somebody at the sign-in page"),
        "mail": _("A mail"),
        "system": _("The command line") if rest == "command" else _("Ventanilla"),
    }.get(sort, actor)


def _details(row: Any, personal: Mapping[str, Any], names: Names) -> Iterable[str]:
    """What there is to say beyond the kind, in the reader's language."""
    data = row.data
    yield _hows().get(data.get("how", ""), "")
    yield names.of("sign_in_provider", data.get("provider"))
    yield _seconds().get(data.get("second", ""), "")
    if row.kind == "audit.exported":
        yield ngettext("%(count)s line", "%(count)s lines", data["count"]) % {"count": data["count"]}
        yield _filters(data["query"], AUDIT, names.reading)
    if row.kind == "tickets.exported":
        yield ngettext("%(count)s ticket", "%(count)s tickets", data["count"]) % {"count": data["count"]}
        yield str(data["file_type"]).upper()
        yield str(personal.get("view") or "")
        yield _filters(str(personal.get("query") or ""), spec_of("ticket"), names.reading)
    if row.kind == "hours.exported":
        yield ngettext("%(count)s entry", "%(count)s entries", data["count"]) % {"count": data["count"]}
        yield str(data["file_type"]).upper()
    if row.kind in ("hours.locked", "hours.unlocked"):
        yield f"{data['month'] // 100}-{data['month'] % 100:02}"
    if row.kind == "view.shared":
        yield text_in(personal.get("label"), get_language() or "es")
        audience, team = data["changes"]["audience"][1], data["changes"]["team"][1]
        yield names.of("team", team) or {"everyone": _("Everybody"), "owner": _("Only its owner")}.get(audience, "")
    yield {"app": _("Authenticator app"), "passkey": _("Passkey")}.get(data.get("step", ""), "")
    yield str(personal.get("step") or personal.get("account") or "")
    yield _whys().get(data.get("why", ""), "")
    at_a_provider = "provider" in data
    unknown = personal.get("address") and not row.topic.startswith("person:") and not at_a_provider
    if row.kind == "person.sign_in_failed" and unknown:
        yield _("Nobody has this address")
    changes = data.get("changes") or {}
    if "role" in changes:
        yield _("Role: %(old)s → %(new)s") % {
            "old": names.of("role", changes["role"][0]), "new": names.of("role", changes["role"][1])
        }  # fmt: skip
    elif data.get("role"):
        yield names.of("role", data["role"])
    if "is_active" in changes:
        yield _("Switched on") if changes["is_active"][1] else _("Switched off")
    if isinstance(personal.get("email"), list):
        old, new = (value or _("none") for value in personal["email"])
        yield _("Address: %(old)s → %(new)s") % {"old": old, "new": new}
    for key, sort, label in (("teams", "team", _("Teams")), ("limited_to", "organization", _("Only these customers"))):
        if key in changes:
            yield _moved(label, sort, changes[key], names)
    yield from _own_values(row.topic.partition(":")[0], {**changes, **personal})
    if data.get("added") or data.get("removed"):
        yield _moved(_("Members"), "person", [data.get("removed", []), data.get("added", [])], names)
    fields = _fields()
    yield ", ".join(str(fields.get(name, name)) for name in data.get("fields") or ())
    yield str(personal.get("token", ""))
    yield ", ".join(data.get("scopes") or ())
    if data.get("archived"):
        yield _("archived")


def _own_values(entity: str, changes: Mapping[str, Any]) -> Iterable[str]:
    """The values of custom fields that were set, in the reader's words; a text that was blanked is none any more."""
    for name, change in changes.items():
        made = definition_named(entity, name)
        if made is not None:
            value = said(made, change[1]) if isinstance(change, list) else ""
            yield f"{made}: {value or _('empty')}"


def _filters(query: str, spec: Spec, reading: Reading) -> str:
    """The filters of an address in words; nothing of those that there are no more."""
    try:
        asked = lists.asked(QueryDict(query), spec, reading, keep=("view",))
    except lists.BadAddress:
        return ""
    return " · ".join(f"{chip.label}: {chip.value}" for chip in lists.chips("", spec, asked, reading))


def _moved(label: str, sort: str, change: Sequence[Sequence[int]], names: Names) -> str:
    gone, come = change
    parts = [f"−{names.of(sort, pk) or '?'}" for pk in gone] + [f"+{names.of(sort, pk) or '?'}" for pk in come]
    return f"{label}: {', '.join(parts)}"


def _hows() -> dict[str, str]:
    return {
        "password": _("with a password"),
        "code": _("with a code by mail"),
        "passkey": _("with a passkey"),
        "provider": _("with an external sign-in"),
    }


def _seconds() -> dict[str, str]:
    return {
        "app": _("and a code of the app"),
        "passkey": _("and a passkey"),
        "recovery": _("and a recovery code"),
    }


def _whys() -> dict[str, str]:
    return {
        "password": _("Wrong password"),
        "code": _("Wrong code"),
        "second": _("Wrong second step"),
        "passkey": _("Passkey not accepted"),
        "inactive": _("This account is switched off."),
        "untrue": _("The provider's answer could not be checked"),
        "unverified": _("The provider does not vouch for the address"),
        "unknown": _("Nobody has this address"),
        "protected": _("Has to link the external sign-in themselves"),
    }


def _fields() -> dict[str, str]:
    return {
        "name": _("Name"),
        "language": _("Language"),
        "time_zone": _("Time zone"),
        "demo": _("Demo mode"),
        "settings": _("Signing in"),
        **{name: str(shown.label) for name, shown in ProviderForm.base_fields.items()},
        "label": _("Name"),
        "metadata": _("Addresses of the provider"),
        **{name: str(shown.label) for name, shown in MailboxForm.base_fields.items()},
    }

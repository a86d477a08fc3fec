"""Questions about mail."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from ventanilla.core.asking import ask
from ventanilla.installation.queries import by_config_version
from ventanilla.mail.models import Examination, Mailbox, MailText, OAuthClient, Outgoing, RawMail, SenderRule
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.sight import sees


def mailboxes() -> Sequence[Mailbox]:
    """The enabled mailboxes, cached by configuration version."""
    return by_config_version(
        "mail.mailboxes", lambda: list(Mailbox.objects.filter(enabled=True).select_related("team", "in_charge", "type"))
    )


def mail_texts() -> Mapping[tuple[str, int | None], MailText]:
    """The texts instead of the product's, by kind and brand, cached by configuration version."""
    return by_config_version("mail.texts", lambda: {(row.kind, row.brand_id): row for row in MailText.objects.all()})


def text_for(kind: str, brands: Iterable[int], language: str) -> MailText | None:
    """The text of the nearest of these brands that has one in this language, else the one for all, else nothing."""
    known = mail_texts()
    for brand in (*brands, None):
        row = known.get((kind, brand))
        if row is not None and row.html.get(language):
            return row
    return None


def own_addresses() -> frozenset[str]:
    """Every address that is ours, enabled or not."""
    return by_config_version("mail.own", lambda: frozenset(Mailbox.objects.values_list("address", flat=True)))


def sender_rules() -> tuple[frozenset[str], frozenset[str]]:
    """The blocked and the allowed addresses and domains, cached by configuration version."""
    rules = by_config_version("mail.rules", lambda: list(SenderRule.objects.values_list("entry", "blocked")))
    return frozenset(entry for entry, blocked in rules if blocked), frozenset(e for e, blocked in rules if not blocked)


def catch_all() -> Mailbox | None:
    """The mailbox that takes what no other claims."""
    return next((mailbox for mailbox in mailboxes() if mailbox.catch_all), None)


def mailbox_of(ticket: Ticket | None) -> Mailbox | None:
    """The mailbox a ticket's mails leave from: the one it came in by, else the catch-all, else any."""
    known = mailboxes()
    if ticket is not None and ticket.mailbox:
        for mailbox in known:
            if mailbox.address == ticket.mailbox:
                return mailbox
    return catch_all() or (known[0] if known else None)


def received_since(sender: str, since: datetime) -> int:
    """How many mails of a sender came in since a moment."""
    sql = "SELECT count(*) FROM mail_rawmail WHERE sender = %s AND received_at >= %s"
    ((many,),) = ask(sql, sender, since)
    return int(many)


def copy_since(sameness: str, since: datetime) -> int | None:
    """The id of the first processed mail with this sameness since a moment."""
    sql = "SELECT min(id) FROM mail_rawmail WHERE sameness = %s AND received_at >= %s AND state = %s"
    ((first,),) = ask(sql, sameness, since, RawMail.State.DONE.value)
    return None if first is None else int(first)


def sent_since(address: str, kind: Outgoing.Kind, since: datetime) -> int:
    """How many mails of a kind were written to an address since a moment."""
    sql = "SELECT count(*) FROM mail_outgoing WHERE address = %s AND created_at >= %s AND kind = %s"
    ((many,),) = ask(sql, address, since, kind.value)
    return int(many)


def doctor_mail_arrived(mailbox: Mailbox, token: str) -> bool:
    """Whether the test mail with this token came in, fetched or by the pipe."""
    recent = RawMail.objects.filter(mailbox=mailbox, received_at__gte=timezone.now() - timedelta(days=1))
    return recent.filter(verdict="own_test", reason_data__token=token).exists()


def examination_of(mailbox: Mailbox) -> Examination | None:
    """The doctor's last look at a mailbox."""
    return Examination.objects.filter(mailbox=mailbox).first()


def held_back(mailbox: Mailbox) -> int:
    """How many mails of a mailbox that only observes would have been sent, those included that nobody looked at yet."""
    mails = Outgoing.objects.filter(mailbox=mailbox)
    waiting = mails.filter(state=Outgoing.State.DUE).count()
    return waiting + mails.filter(state=Outgoing.State.HELD, held=Outgoing.Held.OBSERVING).count()


def observing() -> list[Mailbox]:
    """The mailboxes in use that would send if they did not only observe; cached by configuration version."""
    return [mailbox for mailbox in mailboxes() if mailbox.observing and mailbox.smtp_host]


def quarantined(person: Person) -> QuerySet[RawMail]:
    """The mails held in quarantine, newest first; `PermissionDenied` for whoever may not look."""
    if not person.may(Right.QUARANTINE):
        raise PermissionDenied(Right.QUARANTINE)
    held = RawMail.objects.filter(state__in=[RawMail.State.QUARANTINED, RawMail.State.FAILED])
    return held.select_related("mailbox").order_by("-received_at", "-id")


def outbox(person: Person) -> QuerySet[Outgoing]:
    """Every mail that left or is to leave, newest first; `PermissionDenied` for whoever may not look."""
    if not person.may(Right.OUTBOX):
        raise PermissionDenied(Right.OUTBOX)
    return Outgoing.objects.select_related("ticket", "person", "mailbox", "message").order_by("-id")


def mailboxes_for(person: Person) -> QuerySet[Mailbox]:
    """All mailboxes, by address; `PermissionDenied` for whoever may not change settings."""
    if not person.may(Right.SETTINGS):
        raise PermissionDenied(Right.SETTINGS)
    return Mailbox.objects.select_related("team").order_by("address")


def clients_for(person: Person) -> QuerySet[OAuthClient]:
    """Every registration at a provider of accounts; `PermissionDenied` for whoever may not change settings."""
    if not person.may(Right.SETTINGS):
        raise PermissionDenied(Right.SETTINGS)
    return OAuthClient.objects.all()


def raw_for(person: Person, pk: int) -> RawMail:
    """A raw mail by id: of a ticket for staff who see it, else for those who look after mail; else `Http404`."""
    found = RawMail.objects.select_related("ticket", "mailbox", "blob").filter(pk=pk).first()
    if found is None:
        raise Http404
    if found.ticket_id is None:
        seen = person.may(Right.QUARANTINE)
    else:
        seen = person.may(Right.DESK) and sees(person, found.ticket_id)
    if not seen:
        raise Http404
    return found

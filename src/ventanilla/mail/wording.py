"""Mail's closed values in plain words, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ventanilla.core.addresses import reverse
from ventanilla.mail import imap
from ventanilla.mail.doctor import Step
from ventanilla.mail.doctor_wording import SAID, tell
from ventanilla.mail.health import NOT_SETTLED, Trouble
from ventanilla.mail.models import Mailbox, OAuthClient, Outgoing, RawMail

_REASONS = {
    "own_mark": gettext_lazy("It is one of our own mails that came back."),
    "own_message_id": gettext_lazy("It is one of our own mails that came back."),
    "own_address": gettext_lazy("It says that it comes from one of our own addresses."),
    "too_big": gettext_lazy("It is too big."),
    "too_big_to_fetch": gettext_lazy(
        "It is too big to be fetched: only its header was read. The whole mail is still on the mail server."
    ),
    "blocked": gettext_lazy("The sender is blocked."),
    "rate_limited": gettext_lazy("The sender wrote more mails within an hour than a person writes."),
    "delivery_report": gettext_lazy("It reports that a mail could not be delivered, but not which one of ours."),
    "foreign_report": gettext_lazy("It reports that a mail could not be delivered, but the mail is none of ours."),
    "read_receipt": gettext_lazy("It is a read receipt for a mail that we do not know."),
    "auto_reply": gettext_lazy("A machine wrote it, in answer to a mail that we do not know."),
    "list": gettext_lazy("It came through a mailing list."),
    "agent_not_proven": gettext_lazy(
        "It answers a notice to an agent, but nothing proves that this agent wrote it. It may be forged."
    ),
    "agent_without_token": gettext_lazy(
        "It comes from an agent's address and names a ticket, but it does not answer a notice. It may be forged."
    ),
    "token_expired": gettext_lazy("It answers a notice that is too old to be answered by mail."),
    "not_allowed": gettext_lazy("The sender may not write in that ticket."),
}
STATES = {
    Outgoing.State.DUE: (gettext_lazy("Waiting"), "open"),
    Outgoing.State.SENT: (gettext_lazy("Sent"), ""),
    Outgoing.State.FAILED: (gettext_lazy("Failed"), "late"),
    Outgoing.State.HELD: (gettext_lazy("Not sent"), "risk"),
    Outgoing.State.DROPPED: (gettext_lazy("Put aside"), ""),
}
KINDS = {
    Outgoing.Kind.REPLY: gettext_lazy("Reply"),
    Outgoing.Kind.ACKNOWLEDGEMENT: gettext_lazy("Acknowledgement"),
    Outgoing.Kind.RESOLVED: gettext_lazy("Resolved"),
    Outgoing.Kind.LINK: gettext_lazy("Fresh link"),
    Outgoing.Kind.NOTICE: gettext_lazy("Notice to an agent"),
    Outgoing.Kind.LIBRARY: gettext_lazy("Sign-in"),
    Outgoing.Kind.REMINDER: gettext_lazy("Reminder"),
    Outgoing.Kind.QUESTION: gettext_lazy("Question for missing data"),
    Outgoing.Kind.INVITATION: gettext_lazy("Invitation"),
    Outgoing.Kind.ANNOUNCEMENT: gettext_lazy("Announcement"),
}
SECURITY = {
    Mailbox.Security.TLS: gettext_lazy("TLS from the start"),
    Mailbox.Security.STARTTLS: gettext_lazy("STARTTLS"),
    Mailbox.Security.NONE: gettext_lazy("Not encrypted"),
}
AFTER_FETCH = {
    Mailbox.AfterFetch.LEAVE: gettext_lazy("Leave it as it is"),
    Mailbox.AfterFetch.SEEN: gettext_lazy("Mark it as read"),
    Mailbox.AfterFetch.MOVE: gettext_lazy("Move it to a folder"),
}
HELD = {
    Outgoing.Held.DEMO: gettext_lazy("This is a demo: no mail is sent."),
    Outgoing.Held.NO_SERVER: gettext_lazy("Its mailbox has no SMTP server: nothing is sent."),
    Outgoing.Held.OBSERVING: gettext_lazy(
        "Its mailbox only observed when this was written. It is not sent later by itself; you can send it now."
    ),
}
PROVIDER_NAMES = {
    OAuthClient.Provider.MICROSOFT: "Microsoft 365",
    OAuthClient.Provider.GOOGLE: "Google",
    OAuthClient.Provider.OTHER: gettext_lazy("another provider"),
}
CC = {
    Mailbox.CcPolicy.PARTICIPANTS: gettext_lazy("They take part: they see the ticket and receive the replies"),
    Mailbox.CcPolicy.IGNORE: gettext_lazy("They are ignored"),
}


def fetch_problem(found: str, data: Mapping[str, str]) -> str:
    """Why mail cannot be fetched, in words; what is no finding of the doctor's is told as it was said."""
    if found not in SAID:
        return data["said"]
    known = {"seconds": str(imap.TIMEOUT_SECONDS), "folder": "", "folders": "", "user": "", **data}
    return tell(Step("receiving", "connect", "bad", found, known)).said


@dataclass(frozen=True)
class ToldTrouble:
    """A trouble in words, and the page where one looks after it."""

    said: str
    detail: str
    url: str
    link: str


def tell_trouble(trouble: Trouble) -> ToldTrouble:
    """A trouble in the language that is active."""
    names = {"mailbox": trouble.mailbox, "count": trouble.count}
    doctor = reverse("mailbox-doctor", args=[trouble.mailbox_id]) if trouble.mailbox_id else reverse("mailboxes")
    if trouble.kind == "fetching":
        settled = trouble.found != NOT_SETTLED
        said = _("%(mailbox)s: mail cannot be fetched.") if settled else _("%(mailbox)s: mail stays where it is.")
        return ToldTrouble(said % names, fetch_problem(trouble.found, trouble.data), doctor, _("Ask the doctor"))
    if trouble.kind == "not_watched":
        said = _("%(mailbox)s: nobody has looked for mail for more than ten minutes.") % names
        return ToldTrouble(said, _("Does “ventanilla serve” run?"), doctor, _("Ask the doctor"))
    if trouble.kind == "sending":
        said = ngettext(
            "%(mailbox)s: %(count)d mail has waited for more than ten minutes.",
            "%(mailbox)s: %(count)d mails have waited for more than ten minutes.",
            trouble.count,
        )
        return ToldTrouble(said % names, trouble.said, doctor, _("Ask the doctor"))
    if trouble.kind in ("refused", "secret_ends", "access_ends"):
        return _of_account(trouble)
    if trouble.kind == "failed":
        said = ngettext("%(count)d mail could not be sent.", "%(count)d mails could not be sent.", trouble.count)
        return ToldTrouble(said % names, trouble.said, reverse("outbox") + "?state=failed", _("See the failures"))
    said = ngettext("%(count)d mail could not be read.", "%(count)d mails could not be read.", trouble.count)
    return ToldTrouble(said % names, trouble.said, reverse("quarantine"), _("See the quarantine"))


def _of_account(trouble: Trouble) -> ToldTrouble:
    url = reverse("mailbox-account", args=[trouble.mailbox_id])
    day = date_format(trouble.until, "DATE_FORMAT") if trouble.until else ""
    names = {"mailbox": trouble.mailbox, "day": day}
    if trouble.kind == "refused":
        said = _("%(mailbox)s: the connected account no longer lets us in.") % names
        return ToldTrouble(said, fetch_problem(trouble.found, trouble.data), url, _("Connect the account again"))
    if trouble.kind == "access_ends":
        said = _("%(mailbox)s: the connected account lets us in until %(day)s.") % names
        return ToldTrouble(said, _("Sign in again before then; mail waits otherwise."), url, _("Sign in again"))
    said = _("%(mailbox)s: the client secret ends on %(day)s.") % names
    detail = _("Make a new one at the provider before then, and write it here; mail waits otherwise.")
    return ToldTrouble(said, detail, url, _("Write the new secret"))


def why_held(row: RawMail) -> str:
    """Why a mail is in quarantine, as a sentence."""
    if row.state == RawMail.State.FAILED:
        return _("It could not be processed. The whole mail is kept; release it to try again.")
    sentence = str(_REASONS.get(row.reason) or _("It was held (%(reason)s).") % {"reason": row.reason or "?"})
    return f"{sentence} {_detail(row.reason, row.reason_data)}".strip()


def _detail(reason: str, data: Mapping[str, Any]) -> str:
    if reason == "blocked":
        return _("Blocked: %(entry)s.") % {"entry": data.get("entry", "")}
    if reason == "rate_limited":
        return _("Limit: %(limit)s.") % {"limit": data.get("limit", "")}
    return ""

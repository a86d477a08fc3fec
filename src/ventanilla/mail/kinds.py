"""The kinds of event about mail."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind

KINDS = (
    Kind("mail_text.changed", audience="admin", audit="settings", sentence=_("Text of a mail changed")),
    Kind("mail.quarantined", audience="staff"),
    Kind("mail.released", audience="staff"),
    Kind("mail.discarded", audience="staff"),
    Kind("mail.bounced", audience="staff"),
    Kind("mail.failed", audience="staff"),
    Kind("mail.resent", audience="staff"),
    Kind("mail.dropped", audience="staff"),
    Kind("mail.link_sent", audience="staff"),
    Kind("mailbox.created", audience="admin", audit="settings", sentence=_("Mailbox created")),
    Kind("mailbox.changed", audience="admin", audit="settings", sentence=_("Mailbox changed")),
    Kind("mailbox.sending_activated", audience="admin", audit="settings", sentence=_("Sending activated")),
    Kind("mailbox.examined", audience="admin"),
    Kind("mailbox.account_connected", audience="admin", audit="settings", sentence=_("Account of a mailbox connected")),
    Kind(
        "mailbox.account_disconnected",
        audience="admin",
        audit="settings",
        sentence=_("Account of a mailbox disconnected"),
    ),
    Kind("mailbox.account_refused", audience="admin"),
    Kind("mail_client.saved", audience="admin", audit="settings", sentence=_("Registration at a mail provider saved")),
    Kind("sender.blocked", audience="staff", audit="settings", sentence=_("Sender blocked")),
    Kind("sender.forgotten", audience="staff", audit="settings", sentence=_("Sender no longer blocked")),
    Kind("sender.allowed", audience="staff", audit="settings", sentence=_("Sender allowed")),
)

"""The kinds of event about mail."""

from ventanilla.events.registry import Kind

KINDS = (
    Kind("mail.quarantined", audience="staff"),
    Kind("mail.released", audience="staff"),
    Kind("mail.discarded", audience="staff"),
    Kind("mail.bounced", audience="staff"),
    Kind("mail.failed", audience="staff"),
    Kind("mail.resent", audience="staff"),
    Kind("mail.dropped", audience="staff"),
    Kind("mail.link_sent", audience="staff"),
    Kind("mailbox.created", audience="admin"),
    Kind("mailbox.changed", audience="admin"),
    Kind("mailbox.sending_activated", audience="admin"),
    Kind("mailbox.examined", audience="admin"),
    Kind("mailbox.account_connected", audience="admin"),
    Kind("mailbox.account_disconnected", audience="admin"),
    Kind("mailbox.account_refused", audience="admin"),
    Kind("mail_client.saved", audience="admin"),
    Kind("sender.blocked", audience="staff"),
    Kind("sender.allowed", audience="staff"),
)

"""The doctor's findings in plain words, in the reader's language: what was found, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.mail.doctor import Health, Step

ROADS = {
    "receiving": gettext_lazy("Receiving"),
    "sending": gettext_lazy("Sending"),
    "round": gettext_lazy("There and back"),
}
STEPS = {
    "resolve": gettext_lazy("Server found"),
    "connect": gettext_lazy("Connection"),
    "encrypt": gettext_lazy("Encryption"),
    "sign_in": gettext_lazy("Sign-in"),
    "folder": gettext_lazy("Folder"),
    "sender": gettext_lazy("Sender"),
    "send": gettext_lazy("Test mail sent"),
    "receive": gettext_lazy("Test mail received"),
}
SAID = {
    "pipe": gettext_lazy("No IMAP server is set: mail comes by the mail server's pipe."),
    "nothing_is_sent": gettext_lazy("No SMTP server is set: nothing is sent."),
    "resolved": gettext_lazy("%(host)s is %(address)s."),
    "no_such_host": gettext_lazy("There is no server called %(host)s."),
    "no_dns": gettext_lazy("The name %(host)s cannot be looked up at the moment."),
    "connected": gettext_lazy("%(host)s answers at port %(port)s."),
    "refused": gettext_lazy("%(host)s does not answer at port %(port)s."),
    "silent": gettext_lazy("%(host)s did not answer within %(seconds)s seconds at port %(port)s."),
    "unreachable": gettext_lazy("%(host)s cannot be reached: %(said)s"),
    "encrypted": gettext_lazy("%(version)s; the certificate is good until %(until)s."),
    "certificate_soon": gettext_lazy("%(version)s, but the certificate is only good until %(until)s."),
    "plain_near": gettext_lazy("Not encrypted, within your own network."),
    "plain": gettext_lazy("Not encrypted: password and mails can be read on the way."),
    "certificate_expired": gettext_lazy("The certificate of %(host)s has expired."),
    "certificate_name": gettext_lazy("The certificate is for another name than %(host)s."),
    "certificate_unknown": gettext_lazy("Nobody we trust vouches for the certificate of %(host)s: %(said)s."),
    "certificate_bad": gettext_lazy("The certificate of %(host)s is not trusted: %(said)s."),
    "no_tls": gettext_lazy("%(host)s does not speak TLS at port %(port)s."),
    "no_starttls": gettext_lazy("%(host)s does not offer STARTTLS at port %(port)s."),
    "hung_up": gettext_lazy("%(host)s hung up, or said nothing, at port %(port)s."),
    "signed_in": gettext_lazy("%(host)s knows %(user)s."),
    "no_sign_in": gettext_lazy("Without a user name: %(host)s takes mail from this computer as it is."),
    "sealed": gettext_lazy("The stored password can no longer be opened."),
    "sign_in_refused": gettext_lazy("%(host)s does not accept this user name and password: %(said)s"),
    "token_not_taken": gettext_lazy("%(host)s does not let the connected account in: %(said)s"),
    "no_xoauth2": gettext_lazy("%(host)s does not offer sign-in with an account (XOAUTH2)."),
    "grant_refused": gettext_lazy("The provider no longer lets us in with the connected account: %(said)s"),
    "client_refused": gettext_lazy("The provider does not accept our client ID and secret: %(said)s"),
    "provider_not_allowed": gettext_lazy("We may not ask the provider's server: %(said)s"),
    "provider_away": gettext_lazy("The provider gives no access now: %(said)s"),
    "no_refresh_token": gettext_lazy("The provider gave access for a moment only, not for good."),
    "sealed_token": gettext_lazy("The stored access to the account can no longer be opened."),
    "tls_needed": gettext_lazy("%(host)s takes no password over a connection that is not encrypted."),
    "sign_in_needed": gettext_lazy("%(host)s takes mail only from whoever signs in: %(said)s"),
    "no_auth": gettext_lazy("%(host)s offers no sign-in at port %(port)s with this encryption."),
    "folder": gettext_lazy("%(folder)s holds %(count)s mails. New mail is looked for every minute."),
    "folder_idle": gettext_lazy("%(folder)s holds %(count)s mails. The server tells of new mail at once."),
    "no_folder": gettext_lazy("There is no folder called %(folder)s."),
    "no_done_folder": gettext_lazy("There is no folder called %(folder)s to move mails to."),
    "cannot_move": gettext_lazy("%(host)s cannot move mails to another folder."),
    "not_settled": gettext_lazy("Mail comes in, but the server does not mark or move it: %(said)s"),
    "counted": gettext_lazy("Mails that become tickets: %(count)s, of %(all)s that lie there."),
    "nearly_full": gettext_lazy("%(percent)s %% of the mailbox's space is taken."),
    "full": gettext_lazy("The mailbox is full: the server takes no more mail for it."),
    "full_there": gettext_lazy("%(host)s takes no more mail for %(address)s, because it is full: %(said)s"),
    "sender": gettext_lazy("%(host)s takes mail from %(address)s."),
    "sender_refused": gettext_lazy("%(host)s refuses mail from %(address)s: %(said)s"),
    "not_now": gettext_lazy("%(host)s does not take it now: %(said)s"),
    "observing": gettext_lazy("This mailbox only observes: nothing is sent until sending is activated."),
    "demo": gettext_lazy("This is a demo: no mail is sent."),
    "sending_fails": gettext_lazy("Left out: nothing can be sent yet."),
    "sent": gettext_lazy("A mail from %(address)s to itself is on its way."),
    "arrived": gettext_lazy("It arrived after %(seconds)s s. It becomes no ticket."),
    "not_arrived": gettext_lazy("It did not arrive within %(seconds)s seconds, although %(host)s had taken it."),
    "broken": gettext_lazy("The doctor itself failed: %(said)s"),
    "said": gettext_lazy("%(host)s answered: %(said)s"),
}
_IMAP_PORTS = gettext_lazy("Usual ports: 993 with TLS from the start, 143 with STARTTLS.")
_SMTP_PORTS = gettext_lazy(
    "Usual ports: 587 with STARTTLS, 465 with TLS from the start, 25 for a relay in your network."
)
_REMEDIES = {
    "nothing_is_sent": gettext_lazy("Write the name of the SMTP server under “Sending”."),
    "no_such_host": gettext_lazy("Look for a slip in the name. It stands in the provider's help, under IMAP or SMTP."),
    "no_dns": gettext_lazy("Look at the network and the DNS server of the computer where Ventanilla runs."),
    "silent": gettext_lazy("A firewall may stand between: let this computer out to that port, or correct the port."),
    "unreachable": gettext_lazy("Look at the network of the computer where Ventanilla runs."),
    "certificate_soon": gettext_lazy("Whoever runs the mail server should renew it before then."),
    "plain": gettext_lazy("Choose TLS or STARTTLS, unless this road is safe in another way."),
    "certificate_expired": gettext_lazy("Whoever runs the mail server has to renew it. Until then mail waits."),
    "certificate_name": gettext_lazy("Write the server's name as its certificate has it."),
    "certificate_unknown": gettext_lazy("If the certificate is your organization's own, give its CA file."),
    "certificate_bad": gettext_lazy("Whoever runs the mail server has to mend it. Until then mail waits."),
    "hung_up": gettext_lazy("Perhaps it expects the other kind of encryption: try it, or another port."),
    "sealed": gettext_lazy("Type the password again: the key with which it was sealed is gone."),
    "sign_in_refused": gettext_lazy(
        "Type both again. Many providers want a password made for this alone (an app password)."
    ),
    "token_not_taken": gettext_lazy(
        "At the provider, allow IMAP and SMTP for this mailbox. The account that signed in needs full access to a "
        "shared mailbox, and the right to send as it. The user name has to be the mailbox's address."
    ),
    "no_xoauth2": gettext_lazy("Look at server, port and encryption, or sign in with a password instead."),
    "grant_refused": gettext_lazy("Sign in again: “Connected account”, at the mailbox."),
    "client_refused": gettext_lazy(
        "Make a new client secret at the provider and write it under “Connected account”, at the mailbox."
    ),
    "provider_not_allowed": gettext_lazy(
        "The address has to begin with https://. Allow a server of your own network with VENTANILLA_PRIVATE_NETS."
    ),
    "provider_away": gettext_lazy("Usually it passes by itself. It is tried again every minute, and mail waits."),
    "no_refresh_token": gettext_lazy("Ask the provider for lasting access: with many it is the scope offline_access."),
    "sealed_token": gettext_lazy("Sign in again: the key with which it was sealed is gone."),
    "tls_needed": gettext_lazy("Choose TLS or STARTTLS."),
    "sign_in_needed": gettext_lazy(
        "Write user name and password. A relay without sign-in has to let this computer's address send."
    ),
    "no_auth": gettext_lazy("Choose TLS or STARTTLS. A relay without sign-in needs no user name: leave it empty."),
    "cannot_move": gettext_lazy("Choose to leave or to mark them."),
    "not_settled": gettext_lazy(
        "Look whether the folder is there and may be written to. It is tried again every minute."
    ),
    "nearly_full": gettext_lazy("Delete or archive old mail at the mail server before nothing more arrives."),
    "full": gettext_lazy("Delete or archive old mail at the mail server. Senders try again for some days."),
    "full_there": gettext_lazy("Delete or archive old mail at the mail server."),
    "sender_refused": gettext_lazy(
        "Let this user send as this address. At a relay without sign-in, let this computer's address send."
    ),
    "not_now": gettext_lazy("Usually it passes by itself: mails wait and are tried again for five days."),
    "not_arrived": gettext_lazy(
        "Look into the spam folder, and whether “serve” runs. Some servers only deliver later."
    ),
    "broken": gettext_lazy("This is a mistake of ours. The log says more; please report it."),
    "said": gettext_lazy("Search the provider's help for these words, or ask whoever runs the mail server."),
}
_BY_ROAD = {
    ("receiving", "refused"): _IMAP_PORTS,
    ("sending", "refused"): _SMTP_PORTS,
    ("receiving", "no_tls"): _IMAP_PORTS,
    ("sending", "no_tls"): _SMTP_PORTS,
    ("receiving", "no_starttls"): _IMAP_PORTS,
    ("sending", "no_starttls"): _SMTP_PORTS,
}


@dataclass(frozen=True)
class Told:
    """A step in words. `remedy` is empty where there is nothing to do."""

    road: str
    what: str
    state: Health
    said: str
    remedy: str


def tell(step: Step) -> Told:
    """A step in the language that is active."""
    data = dict(step.data)
    if data.get("until"):
        data["until"] = date_format(datetime.fromisoformat(data["until"]), "DATE_FORMAT")
    remedy = str(_BY_ROAD.get((step.road, step.found)) or _REMEDIES.get(step.found) or "")
    if step.found in ("no_folder", "no_done_folder"):
        remedy = _("There are: %(folders)s.") % data if data["folders"] else _("Correct the name of the folder.")
    return Told(str(ROADS[step.road]), str(STEPS[step.what]), step.state, str(SAID[step.found]) % data, remedy)


_ORDER = {
    "receiving": ("resolve", "connect", "encrypt", "sign_in", "folder"),
    "sending": ("resolve", "connect", "encrypt", "sign_in", "sender"),
    "round": ("send", "receive"),
}


def still_to_come(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """(road, name) of the steps that an examination has not reached yet: a road that failed has none left."""
    done = {(step.road, step.what) for step in steps}
    over = {step.road for step in steps if step.state in ("bad", "skipped")}
    return [
        (road, str(STEPS[what]))
        for road, order in _ORDER.items()
        for what in order
        if road not in over and (road, what) not in done
    ]

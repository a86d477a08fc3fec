"""Django's mail backend: what libraries send (sign-in codes) goes through the same queue, marked secret."""

import secrets
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from ventanilla.events import wake
from ventanilla.mail.keys import domain_of
from ventanilla.mail.models import Outgoing
from ventanilla.mail.queries import mailbox_of
from ventanilla.people.models import Identity


class QueueBackend(BaseEmailBackend):
    """Writes `Outgoing` rows; bodies are wiped once sent."""

    @transaction.atomic
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue the messages; returns how many recipients they have together."""
        mailbox = mailbox_of(None)
        rows = []
        for message in email_messages:
            for address in message.to:
                identity = Identity.objects.filter(kind=Identity.Kind.EMAIL, value=address.lower()).first()
                rows.append(
                    Outgoing(
                        kind=Outgoing.Kind.LIBRARY,
                        person_id=identity.person_id if identity else None,
                        address=address,
                        mailbox=mailbox,
                        rfc_message_id=f"<l.{secrets.token_hex(12)}@{domain_of(mailbox)}>",
                        automatic=True,
                        secret=True,
                        context={"subject": str(message.subject), "text": str(message.body)},
                    )
                )
        Outgoing.objects.bulk_create(rows)
        wake.wake_on_commit("outgoing")
        return len(rows)

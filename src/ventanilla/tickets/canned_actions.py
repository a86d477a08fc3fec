"""Changes of canned replies."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.htmlclean import clean_rich_text
from ventanilla.core.htmltext import html_to_text
from ventanilla.core.keys import free_key
from ventanilla.events.record import record
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Team
from ventanilla.people.rights import Right
from ventanilla.tickets.canned import unknown_variables
from ventanilla.tickets.models import CannedReply

MOST_CHARACTERS = 50_000


def save_canned_reply(
    *,
    by: Author,
    reply: CannedReply | None,
    label: dict[str, str],
    html: dict[str, str],
    team: Team | None,
    archived: bool = False,
) -> CannedReply:
    """Make a canned reply (`reply` None), or set everything about one, archive it or take it back.

    The HTML is cleaned. Records `canned_reply.created` or `canned_reply.changed`. Raises `ValidationError`, naming the
    field, for a text that is empty in every language, is too long, or has an unknown variable.
    """
    by.require(Right.SETTINGS)
    clean = checked_texts(html)
    if not clean:
        raise ValidationError({"html_es": _("Write the text in at least one language.")})
    return _write(by=by, reply=reply, label=label, html=clean, team=team, archived=archived)


def checked_texts(html: dict[str, str]) -> dict[str, str]:
    """Texts by language as they are kept: cleaned, without those that say nothing.

    Raises `ValidationError`, naming the field, for one that is too long or has an unknown variable.
    """
    clean = {code: clean_rich_text(text.replace("\x00", "")) for code, text in html.items()}
    clean = {code: text for code, text in clean.items() if html_to_text(text).strip()}
    for code, text in clean.items():
        if len(text) > MOST_CHARACTERS:
            raise ValidationError({f"html_{code}": _("That is longer than allowed.")})
        unknown = unknown_variables(text)
        if unknown:
            raise ValidationError({f"html_{code}": _("There is no variable {%(name)s}.") % {"name": unknown[0]}})
    return clean


@transaction.atomic
def _write(
    *,
    by: Author,
    reply: CannedReply | None,
    label: dict[str, str],
    html: dict[str, str],
    team: Team | None,
    archived: bool,
) -> CannedReply:
    if reply is None:
        key = free_key(CannedReply.objects.all(), label, fallback="reply")
        row = CannedReply.objects.create(
            key=key, label=label, html=html, team=team, position=CannedReply.objects.count()
        )
        record("canned_reply.created", f"canned_reply:{row.pk}", actor=by.actor, data={"key": key})
    else:
        row = CannedReply.objects.select_for_update().get(pk=reply.pk)
        row.label, row.html, row.team = label, html, team
        row.archived_at = (row.archived_at or timezone.now()) if archived else None
        row.save()
        data = {"key": row.key, "team": row.team_id, "archived": archived}
        record("canned_reply.changed", f"canned_reply:{row.pk}", actor=by.actor, data=data)
    bump_config_version()
    return row

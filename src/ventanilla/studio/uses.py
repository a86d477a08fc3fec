"""What uses a row of the configuration: tickets, other rows, views, macros, canned replies, mailboxes, brands."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ventanilla.automation.queries import all_macros
from ventanilla.brands.queries import brands_that_offer
from ventanilla.brands.sections import BRANDS
from ventanilla.core.addresses import reverse
from ventanilla.core.models import Configurable
from ventanilla.fields import uses
from ventanilla.fields.conditions import comparisons
from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.effects import parse
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.sections import Section, Use, sections
from ventanilla.mail.queries import mailboxes
from ventanilla.people.calendars import default_calendar
from ventanilla.people.queries import organizations_with_brand
from ventanilla.saved_views.queries import views_asking_for
from ventanilla.sla.book import Entry, book
from ventanilla.sla.sections import AGREEMENTS
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.queries import all_canned_replies, how_many_with
from ventanilla.tickets.sections import CANNED_REPLIES
from ventanilla.tickets.vocabulary import ROWS, words

MOST_COUNTED = 1_000


def used_by_tickets(section: Section[Any], row: Configurable) -> Iterator[Use]:
    """How many tickets have it, which cells of the matrix give it, and whether their life cycle counts in it."""
    if section.noun in ROWS:
        count = how_many_with(section.noun, row.pk, most=MOST_COUNTED)
        if count > MOST_COUNTED:
            yield Use(_("more than %(count)d tickets") % {"count": MOST_COUNTED})
        elif count:
            yield Use(ngettext("%(count)d ticket", "%(count)d tickets", count) % {"count": count})
    if section.noun == "priority" and row.pk in words().matrix.values():
        yield Use(_("Matrix of priorities"), reverse("priority-matrix"))
    if section.noun == "type":
        for field in definitions_of(ENTITY).values():
            if row.key in field.types:
                yield Use(f"{_('Field')} · {field}", reverse("field", args=[field.entity, field.pk]))
    if section.noun == "calendar" and row == default_calendar():
        yield Use(_("Life cycle"), reverse("life-cycle"))


def used_by_rows(section: Section[Any], row: Configurable) -> Iterator[Use]:
    """The rows of other sections, or of its own, that name it."""
    for other in sections().values():
        for attribute in other.attributes:
            if attribute.kind == "row" and attribute.section == section.key:
                for user in other.model._default_manager.filter(**{attribute.name: row.pk}):
                    yield Use(f"{other.one} · {user}", other.url_of(user.pk))


def used_by_views(section: Section[Any], row: Configurable) -> Iterator[Use]:
    """The saved views that ask for it; those of others by their name alone."""
    for view in views_asking_for(ENTITY, section.noun, row.key):
        yield Use(f"{_('View')} · {view}")


def used_by_texts(section: Section[Any], row: Configurable) -> Iterator[Use]:
    """The macros that set it, and what is written for one team."""
    for macro in all_macros():
        effects = parse(macro.effects) if macro.effects else ()
        sets_it = any(effect.field == section.noun and effect.value == row.key for effect in effects)
        if sets_it or (section.noun == "team" and macro.team_id == row.pk):
            yield Use(f"{_('Macro')} · {macro}", reverse("macro", args=[macro.pk]))
    if section.noun == "team":
        for reply in all_canned_replies():
            if reply.team_id == row.pk:
                yield Use(f"{_('Canned reply')} · {reply}", CANNED_REPLIES.url_of(reply.pk))


def used_by_mail(section: Section[Any], row: Configurable) -> Iterator[Use]:
    """The mailboxes whose new tickets get it, or whose mails look like it."""
    for mailbox in mailboxes():
        if (section.noun == "brand" and mailbox.brand_id == row.pk) or getattr(
            mailbox, f"{section.noun}_id", None
        ) == row.pk:
            yield Use(f"{_('Mailbox')} · {mailbox.address}", reverse("mailbox", args=[mailbox.pk]))


def used_by_organizations(section: Section[Any], row: Configurable) -> Iterator[Use]:
    """The organizations whose people see a brand."""
    if section.noun == "brand":
        for organization in organizations_with_brand(row.pk):
            yield Use(f"{_('Organization')} · {organization}", reverse("organization", args=[organization.pk]))


def used_by_brands(section: Section[Any], row: Configurable) -> Iterator[Use]:
    """The brands that offer it."""
    for brand in brands_that_offer(section.key, row.key):
        yield Use(f"{BRANDS.one} · {brand}", reverse("brand-part", args=[brand.pk, "offers"]))


def fields_used_by_brands(row: FieldDefinition) -> Iterator[uses.Use]:
    """The same for a field."""
    if row.entity == ENTITY:
        for brand in brands_that_offer("fields", row.key):
            yield uses.Use(str(BRANDS.one), str(brand), reverse("brand-part", args=[brand.pk, "offers"]))


def used_by_agreements(section: Section[Any], row: Configurable) -> Iterator[Use]:
    """The agreements that count by it, are a team's, or ask for it."""
    for entry in book().entries:
        if entry.agreement.archived_at is None and _says(entry, section, row):
            yield Use(f"{AGREEMENTS.one} · {entry.agreement}", AGREEMENTS.url_of(entry.agreement.pk))


def _says(entry: Entry, section: Section[Any], row: Configurable) -> bool:
    newest = entry.editions[-1]
    if (section.noun == "calendar" and newest.row.calendar_id == row.pk) or (
        section.noun == "team" and newest.row.team_id == row.pk
    ):
        return True
    if section.noun == "pending_reason" and row.key in newest.wording.running_reasons:
        return True
    asked = (newest.wording.condition, *(granted.condition for granted in newest.wording.rows))
    return any(
        test.field == section.noun and row.key in (test.value if isinstance(test.value, tuple) else (test.value,))
        for condition in asked
        for test in comparisons(condition)
    )


def fields_used_by_agreements(row: FieldDefinition) -> Iterator[uses.Use]:
    """The agreements that ask for a field."""
    for entry in book().entries:
        if entry.agreement.archived_at is None and row.entity == ENTITY and row.name in entry.asked:
            yield uses.Use(str(AGREEMENTS.one), str(entry.agreement), AGREEMENTS.url_of(entry.agreement.pk))


USES = (
    used_by_agreements,
    used_by_tickets,
    used_by_rows,
    used_by_views,
    used_by_texts,
    used_by_mail,
    used_by_organizations,
    used_by_brands,
)

"""Who contributes what. One tuple per kind of contribution, read top to bottom, frozen at start.

This is the only file that knows every app. A higher app adds to what a lower one offers by standing in a tuple here.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from ventanilla.announcements import actions as announcing
from ventanilla.announcements import kinds as announcement_kinds
from ventanilla.announcements import personal as announcement_personal
from ventanilla.announcements import reactions as announcements
from ventanilla.api import idempotency
from ventanilla.api import kinds as api_kinds
from ventanilla.automation import kinds as automation_kinds
from ventanilla.automation.chapters import MACROS as MACROS_CHAPTER
from ventanilla.automation.queries import uses_by_macros
from ventanilla.automation.sections import MACROS
from ventanilla.brands import kinds as brand_kinds
from ventanilla.brands import offers as brand_offers
from ventanilla.brands.chapters import BRANDS as BRANDS_CHAPTER
from ventanilla.brands.models import BrandPicture
from ventanilla.brands.offers import Offer
from ventanilla.brands.sections import BRANDS
from ventanilla.catalog import kinds as catalog_kinds
from ventanilla.catalog.sections import SERVICES
from ventanilla.config import modules as declared_modules
from ventanilla.desk import kinds as desk_kinds
from ventanilla.desk import shell
from ventanilla.desk.audit_spec import AUDIT
from ventanilla.events import doorbell, queue, wake
from ventanilla.events import jobs as event_jobs
from ventanilla.events import registry as events
from ventanilla.events.registry import Due, Reaction
from ventanilla.fields import bundles, indexing, uses
from ventanilla.fields import event_kinds as field_kinds
from ventanilla.fields import registry as fields
from ventanilla.fields import sections as configuration
from ventanilla.fields.bundles import Chapter
from ventanilla.fields.section_chapter import chapter_of
from ventanilla.fields.sections import Section, Uses
from ventanilla.fields.spec import Spec
from ventanilla.files import jobs as file_jobs
from ventanilla.files import registry as files
from ventanilla.installation import modules as module_registry
from ventanilla.installation import terms
from ventanilla.installation.modules import Module
from ventanilla.mail import delivery, examining, grants, receive, sending, spam
from ventanilla.mail import kinds as mail_kinds
from ventanilla.mail import personal as mail_personal
from ventanilla.mail.models import RawMail
from ventanilla.mail.text_chapter import MAIL_TEXTS
from ventanilla.notify import accounts, device_actions, push, requesters, telling
from ventanilla.notify import kinds as notify_kinds
from ventanilla.notify import reactions as notify
from ventanilla.people import account_actions, merging, outside_signals
from ventanilla.people import import_actions as people_imports
from ventanilla.people import kinds as people_kinds
from ventanilla.people import personal as people_personal
from ventanilla.people.calendar_chapter import CALENDARS as CALENDARS_CHAPTER
from ventanilla.people.calendar_section import CALENDARS
from ventanilla.people.chapters import INSTALLATION
from ventanilla.people.merging import Personal
from ventanilla.people.models import PeopleImport
from ventanilla.people.module_chapter import MODULES as MODULES_CHAPTER
from ventanilla.people.queries import agent_at
from ventanilla.people.sections import DEPARTMENTS, ROLES, TEAMS
from ventanilla.people.term_chapter import VOCABULARY
from ventanilla.portal import sending as sending_portal
from ventanilla.saved_views import kinds as saved_view_kinds
from ventanilla.saved_views.chapters import VIEWS
from ventanilla.saved_views.queries import uses_by_views
from ventanilla.sla import clocks
from ventanilla.sla import history as sla_history
from ventanilla.sla import jobs as sla_jobs
from ventanilla.sla import kinds as sla_kinds
from ventanilla.sla.chapters import AGREEMENTS as AGREEMENTS_CHAPTER
from ventanilla.sla.sections import AGREEMENTS
from ventanilla.sla.spec import with_clocks
from ventanilla.studio.uses import USES as STUDIO_USES
from ventanilla.studio.uses import fields_used_by_agreements, fields_used_by_brands
from ventanilla.surveys import kinds as survey_kinds
from ventanilla.surveys import personal as survey_personal
from ventanilla.tickets import bulk, checklists, drafts, field_uses, reactions, replay, snoozing, tasks
from ventanilla.tickets import history as ticket_history
from ventanilla.tickets import jobs as ticket_jobs
from ventanilla.tickets import kinds as ticket_kinds
from ventanilla.tickets import personal as ticket_personal
from ventanilla.tickets.chapters import FIELDS, LIFE_CYCLE, MATRIX
from ventanilla.tickets.history import Teller
from ventanilla.tickets.models import Attachment
from ventanilla.tickets.offers import OFFERS as OFFERS_OF_TICKETS
from ventanilla.tickets.sections import SECTIONS as SECTIONS_OF_TICKETS
from ventanilla.tickets.spec import TICKETS
from ventanilla.tickets.work_chapters import CHECKLISTS as CHECKLISTS_CHAPTER
from ventanilla.tickets.work_sections import CHECKLISTS
from ventanilla.tickets.work_sections import SECTIONS as SECTIONS_OF_WORK
from ventanilla.ui import context
from ventanilla.welcome import kinds as welcome_kinds

KINDS = (
    *field_kinds.KINDS,
    *brand_kinds.KINDS,
    *people_kinds.KINDS,
    *saved_view_kinds.KINDS,
    *catalog_kinds.KINDS,
    *ticket_kinds.KINDS,
    *mail_kinds.KINDS,
    *sla_kinds.KINDS,
    *api_kinds.KINDS,
    *notify_kinds.KINDS,
    *automation_kinds.KINDS,
    *announcement_kinds.KINDS,
    *survey_kinds.KINDS,
    *desk_kinds.KINDS,
    *welcome_kinds.KINDS,
)

# Inside the transaction, in this order for each event: (rules → clocks →) search → mail to deliver.
BEFORE_COMMIT: tuple[Reaction, ...] = (
    Reaction("sla.run_clocks", replay.KINDS, clocks.run_clocks),
    Reaction("tickets.index_opened", frozenset({"ticket.opened"}), reactions.index_opened),
    Reaction("tickets.bring_checklists", frozenset({"ticket.opened"}), checklists.bring_by_itself),
    Reaction(
        "tickets.index_message",
        frozenset({"ticket.replied", "ticket.requester_replied", "ticket.noted"}),
        reactions.index_message,
    ),
    Reaction(
        "tickets.reindex_changed", frozenset({"ticket.changed", "ticket.change_undone"}), reactions.reindex_changed
    ),
    Reaction(
        "tickets.regroup_moved",
        frozenset({"ticket.merged", "ticket.unmerged", "ticket.split", "ticket.split_undone"}),
        reactions.regroup_moved,
    ),
    Reaction("tickets.note_used", frozenset({"ticket.opened", "ticket.changed"}), reactions.note_used),
    Reaction("tickets.index_shared", frozenset({"ticket.notes_shared"}), reactions.index_shared),
    Reaction("tickets.unindex_redacted", frozenset({"message.redacted"}), reactions.unindex_redacted),
    Reaction(
        "tickets.wake_answered", frozenset({"ticket.requester_replied", "ticket.changed"}), snoozing.wake_answered
    ),
    Reaction(
        "announcements.follow_merged",
        frozenset({"ticket.merged", "ticket.unmerged", "ticket.split_undone"}),
        announcements.follow_merged,
    ),
    Reaction("mail.acknowledge", frozenset({"ticket.opened"}), delivery.acknowledge),
    Reaction("mail.deliver_reply", frozenset({"ticket.replied"}), delivery.deliver_reply),
    Reaction("mail.tell_resolved", frozenset({"ticket.changed"}), delivery.tell_resolved),
    Reaction("mail.follow_spam", frozenset({"ticket.changed", "ticket.change_undone"}), spam.follow_spam),
    Reaction("mail.ask", frozenset({"ticket.asked"}), delivery.ask),
    Reaction("mail.remind", frozenset({"ticket.reminded"}), delivery.remind),
    Reaction("mail.invite", frozenset({"person.invited"}), delivery.invite),
    Reaction("mail.erase_redacted", frozenset({"message.redacted"}), delivery.erase_redacted),
)

# After the commit, in the background, once each, retried.
AFTER_COMMIT: tuple[Reaction, ...] = (
    Reaction(
        "notify.tell_agents",
        frozenset({"ticket.opened", "ticket.requester_replied", "ticket.replied", "ticket.noted", "ticket.changed"}),
        notify.tell_agents,
    ),
    Reaction("notify.tell_woken", frozenset({"snooze.ended"}), notify.tell_woken),
    Reaction(
        "notify.tell_owner",
        frozenset({"task.added", "task.changed", "task.due_soon", "task.fell_due"}),
        notify.tell_owner,
    ),
    Reaction("notify.tell_time", frozenset({"sla.warned", "sla.breached"}), notify.tell_time),
    Reaction("notify.tell_account", accounts.KINDS, accounts.tell_account),
    Reaction("announcements.end_resolved", frozenset({"ticket.changed"}), announcements.end_resolved),
    Reaction("notify.push_requesters", requesters.KINDS, requesters.push_requesters),
    Reaction(
        "notify.forget_ended",
        frozenset({"person.sessions_ended", "person.password_changed"}),
        device_actions.forget_ended,
    ),
)

# Tables with due times that the ticker looks after.
DUE: tuple[Due, ...] = (
    Due("drafts", drafts.send_due),
    Due("waits", ticket_jobs.wake_due),
    Due("tasks", tasks.tell_due),
    Due("snoozes", snoozing.wake_due),
    Due("life_cycle", ticket_jobs.follow_due, every_seconds=30),
    Due("notices", telling.tell_due, every_seconds=5),
    Due("old_notices", telling.forget_old, every_seconds=3600),
    Due("announcements", announcing.end_due, every_seconds=5),
    Due("clocks", sla_jobs.tell_due),
    Due("recount", sla_jobs.recount_due),
    Due("outgoing", sending.send_due),
    Due("push", push.send_due),
    Due("raw_mail", receive.process_due, every_seconds=5),
    Due("sessions", account_actions.forget_expired, every_seconds=3600),
    Due("examinations", examining.look_due),
    Due("grants", grants.renew_due, every_seconds=5),
    Due("repeatable", idempotency.forget_old, every_seconds=3600),
    Due("portal_sent", sending_portal.forget_old, every_seconds=3600),
    Due("files", file_jobs.collect_due, every_seconds=3600),
    Due("task_results", event_jobs.prune_results, every_seconds=3600),
    Due("people_imports", people_imports.run_due),
    Due("old_imports", people_imports.forget_old, every_seconds=3600),
    Due("bulk_runs", bulk.run_due),
    Due("old_bulk_runs", bulk.forget_old, every_seconds=3600),
    Due(indexing.DUE, indexing.work_due, every_seconds=5),
    Due("presence", ticket_jobs.sweep_presence, every_seconds=30),
)

# Entities declared once: lists, filters, conditions and the API read them.
SPECS: tuple[Spec, ...] = (with_clocks(TICKETS), AUDIT)

# What is said of events on a ticket by apps above tickets.
TELLERS: Mapping[str, Teller] = dict.fromkeys(sla_history.KINDS, sla_history.sentences)

# What is told of a field before it is archived or deleted.
FIELD_USES = (
    field_uses.uses_by_forms,
    field_uses.uses_by_fields,
    uses_by_views,
    uses_by_macros,
    fields_used_by_brands,
    fields_used_by_agreements,
)

# What is a person's own, and moves with them into another record.
PERSONAL: tuple[Personal, ...] = (
    *people_personal.PERSONAL,
    *ticket_personal.PERSONAL,
    *mail_personal.PERSONAL,
    *announcement_personal.PERSONAL,
    *survey_personal.PERSONAL,
)

# Parts of the product that an installation may do without.
MODULES: tuple[Module, ...] = declared_modules.MODULES

# Rows that administrators keep, each section after those that its rows name.
SECTIONS: tuple[Section[Any], ...] = (
    ROLES,
    DEPARTMENTS,
    CALENDARS,
    TEAMS,
    SERVICES,
    *SECTIONS_OF_TICKETS,
    *SECTIONS_OF_WORK,
    AGREEMENTS,
    MACROS,
    BRANDS,
)

# Who can say what uses a row of a section.
USES: tuple[Uses, ...] = STUDIO_USES

# Sections whose chapters say more than their attributes.
OF_THEIR_OWN = (CALENDARS, AGREEMENTS, MACROS, CHECKLISTS, BRANDS)

# What a bundle of configuration has, each chapter after those that its rows name.
CONFIG: tuple[Chapter, ...] = (
    INSTALLATION,
    CALENDARS_CHAPTER,
    *(chapter_of(section, agent_at) for section in SECTIONS if section not in OF_THEIR_OWN),
    MATRIX,
    LIFE_CYCLE,
    *FIELDS,
    AGREEMENTS_CHAPTER,
    MACROS_CHAPTER,
    CHECKLISTS_CHAPTER,
    BRANDS_CHAPTER,
    MAIL_TEXTS,
    VIEWS,
    MODULES_CHAPTER,
    VOCABULARY,
)

# What still needs a stored file, so that it is never collected as garbage.
BLOB_REFERENCES = (
    (Attachment, "blob_id"),
    (RawMail, "blob_id"),
    (PeopleImport, "blob_id"),
    (BrandPicture, "blob_id"),
)

# What the brands of portals choose from.
OFFERS: tuple[Offer, ...] = OFFERS_OF_TICKETS


def install() -> None:
    """Hand every tuple to the layer that offers it. Called once by `ConfigApp.ready()`."""
    events.install(kinds=KINDS, before_commit=BEFORE_COMMIT, after_commit=AFTER_COMMIT, due=DUE)
    wake.install(queue.chosen().enqueue)
    doorbell.carry_by(import_string(settings.DOORBELL)(settings.REDIS_URL) if settings.DOORBELL else None)
    files.set_references(BLOB_REFERENCES)
    brand_offers.set_offers(OFFERS)
    ticket_history.set_tellers(TELLERS)
    fields.set_specs(SPECS)
    uses.set_finders(FIELD_USES)
    merging.set_personal(PERSONAL)
    module_registry.set_modules(MODULES, declared_modules.PRESETS)
    configuration.set_sections(SECTIONS, USES)
    bundles.set_chapters(CONFIG)
    context.install(shell.build)
    outside_signals.listen()
    terms.speak()

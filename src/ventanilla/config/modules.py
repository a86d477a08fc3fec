"""The modules that an installation may do without, and the presets."""

from django.utils.translation import gettext_lazy as _

from ventanilla.installation.modules import Module, Preset

MODULES = (
    Module(
        "announcements",
        "alert",
        _("Announcements"),
        _("What many should know, on top of the portal; others join instead of opening tickets of their own."),
        addresses=(
            "announcements",
            "announcement",
            "announcement-new",
            "announcement-edit",
            "announcement-end",
            "portal:announcement",
            "portal:announcement-answer",
            "portal:announcement-join",
            "announcement-link",
            "announcement-link-answer",
        ),
    ),
    Module(
        "surveys",
        "rating-good",
        _("Satisfaction"),
        _("Three faces in the resolved mail and on the portal; a column and a filter of the list."),
        addresses=("portal:rating", "ticket-link-rating"),
    ),
    Module(
        "calls",
        "phone",
        _("Phone calls"),
        _("Registering a call: the caller by number or name, their open tickets first."),
        addresses=("desk-call",),
    ),
    Module(
        "service-levels",
        "clock",
        _("Service levels"),
        _("Times agreed with customers, between teams and with suppliers: clocks on each ticket, warnings, reports."),
        addresses=("agreement", "agreement-new", "agreement-build", "desk-clocks", "desk-clock-reason"),
        api=(r"tickets/[^/]+/clocks.*",),
    ),
    Module(
        "macros",
        "bolt",
        _("Macros"),
        _("A text and what becomes of the ticket, in one click."),
        addresses=("desk-macros", "desk-macro-undo", "macro", "macro-new"),
        api=(r"macros.*", r"tickets/[^/]+/macros.*"),
    ),
    Module(
        "tasks",
        "check",
        _("Tasks and checklists"),
        _("What is to be done in a ticket, by whom and until when; checklists from templates."),
        addresses=(
            *("desk-my-tasks", "desk-checklist-new", "desk-checklist", "desk-checklist-remove", "desk-task-new"),
            *("desk-tasks-order", "desk-task", "desk-task-remove", "desk-task-tick", "checklist", "checklist-new"),
        ),
        api=(r"tickets/[^/]+/(tasks|checklists).*", r"checklist-templates"),
    ),
    Module(
        "time",
        "hourglass",
        _("Time and hours"),
        _("How long work took, by hand or by a timer; hours of customers, people and months."),
        addresses=(
            *("desk-hours", "desk-hours-entries", "desk-hours-export", "desk-hours-lock"),
            *("desk-time-new", "desk-time-entry", "desk-time-remove", "desk-timer"),
        ),
        api=(r"tickets/[^/]+/time.*", r"time.*", r"activities"),
    ),
    Module(
        "services",
        "desk-bell",
        _("Services"),
        _("What a ticket is about, chosen by requesters and agents; a filter and a column of the list."),
    ),
    Module(
        "matrix",
        "columns",
        _("Impact and urgency"),
        _("Two more questions about a ticket, which give its priority by a matrix."),
        addresses=("priority-matrix",),
    ),
)

PRESETS = (
    Preset(
        "help-desk",
        _("Help desk"),
        _("Requests come in and are answered: nothing more than that needs."),
        frozenset({"announcements", "surveys", "calls"}),
    ),
    Preset(
        "service-desk",
        _("Service desk"),
        _("Services, priorities by impact and urgency, and everything else there is."),
        frozenset(module.key for module in MODULES),
    ),
)

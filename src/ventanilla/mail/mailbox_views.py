"""Mailboxes' screens: how mail stands, the list, the form, the doctor."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.events.beat import is_alive
from ventanilla.mail.actions import CONNECTION, activate_sending, as_typed, ask_doctor, save_mailbox
from ventanilla.mail.doctor import Step, count_mails
from ventanilla.mail.doctor_wording import ROADS, still_to_come, tell
from ventanilla.mail.forms import COUNTED, MailboxForm
from ventanilla.mail.grants import grant_of
from ventanilla.mail.health import fetch_data, queue, troubles
from ventanilla.mail.models import Examination, Mailbox
from ventanilla.mail.pages import places_for, reader
from ventanilla.mail.queries import examination_of, held_back, mailboxes_for
from ventanilla.mail.wording import fetch_problem, tell_trouble
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.ui.htmx import render as render_part


@login_required
@require_safe
def mail_state(request: HttpRequest) -> HttpResponse:
    """How mail stands: what is wrong first, then each mailbox, then what waits, was held or failed."""
    person = reader(request, Right.SETTINGS)
    lines = _lines(mailboxes_for(person).filter(enabled=True))
    context = {
        "troubles": [tell_trouble(trouble) for trouble in troubles()],
        "lines": lines,
        "observing": any(line["mailbox"].observing for line in lines),
        "queue": queue(),
        "places": places_for(person, "mail-state"),
    }
    return render(request, "mail/state.html", context)


@login_required
@require_safe
def mailbox_list(request: HttpRequest) -> HttpResponse:
    """The mailboxes and whether their mail comes in."""
    person = reader(request, Right.SETTINGS)
    context = {"lines": _lines(mailboxes_for(person)), "places": places_for(person, "mailboxes")}
    return render(request, "mail/mailboxes.html", context)


@login_required
def mailbox_form(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A new mailbox, or an existing one to change. What concerns a connection has the doctor look at it."""
    person = reader(request, Right.SETTINGS)
    mailbox = get_object_or_404(mailboxes_for(person), pk=pk) if pk else None
    form = MailboxForm(*((request.POST, request.FILES) if request.method == "POST" else ()), mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        try:
            return _saved(request, person, mailbox, form)
        except ValidationError as error:
            form.add_error(None, error)
    context = {
        "form": form,
        "mailbox": form.mailbox,
        "title": form.mailbox.address if form.mailbox else _("New mailbox"),
        "crumbs": [{"label": _("Mailboxes"), "url": reverse("mailboxes")}],
        "places": places_for(person, "mailboxes"),
        "problem": problem_of(mailbox) if mailbox else "",
        "connected": bool(mailbox and grant_of(mailbox)),
        "held_back": held_back(mailbox) if mailbox and mailbox.observing else 0,
    }
    return render(request, "mail/mailbox.html", context, status=422 if form.errors else 200)


def problem_of(mailbox: Mailbox) -> str:
    """Why no mail can be fetched, for people; empty when it can."""
    return fetch_problem(mailbox.fetch_found, fetch_data(mailbox)) if mailbox.fetch_error else ""


def _lines(mailboxes: Iterable[Mailbox]) -> list[dict[str, Any]]:
    return [{"mailbox": mailbox, "problem": problem_of(mailbox)} for mailbox in mailboxes]


@login_required
@require_POST
def mailbox_count(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """How many mails the typed beginning means, at the server as it was typed. Nothing is saved."""
    person = reader(request, Right.SETTINGS)
    mailbox = get_object_or_404(mailboxes_for(person), pk=pk) if pk else None
    form = MailboxForm(request.POST, request.FILES, mailbox=mailbox)
    form.is_valid()
    told = None
    if not any(form.errors.get(name) for name in COUNTED):
        told = tell(count_mails(as_typed(mailbox, form.values_of(COUNTED)), form.cleaned_data["fetch_from"]))
    return render(request, "mail/count.html", {"told": told})


@login_required
@require_POST
def mailbox_activate(request: HttpRequest, pk: int) -> HttpResponse:
    """End observing: from now on, what is written is sent."""
    person = reader(request, Right.SETTINGS)
    mailbox = get_object_or_404(mailboxes_for(person), pk=pk)
    activate_sending(by=Author.of(person), mailbox=mailbox)
    messages.success(request, _("Sending is active: from now on mails leave. What was held stays in the outbox."))
    return redirect("mailbox", pk=mailbox.pk)


def _saved(request: HttpRequest, person: Person, mailbox: Mailbox | None, form: MailboxForm) -> HttpResponse:
    before = _connection(mailbox)
    saved = save_mailbox(by=Author.of(person), mailbox=mailbox, **form.values())
    messages.success(request, _("The mailbox was saved."))
    if _connection(saved) != before and (saved.imap_host or saved.smtp_host):
        ask_doctor(by=Author.of(person), mailbox=saved)
        return redirect("mailbox-doctor", pk=saved.pk)
    return redirect("mailbox", pk=saved.pk)


def _connection(mailbox: Mailbox | None) -> list[Any]:
    return [getattr(mailbox, name) for name in CONNECTION] if mailbox else []


@login_required
def mailbox_doctor(request: HttpRequest, pk: int) -> HttpResponse:
    """What the doctor found, growing while it looks (GET, read again by the page); POST has it look anew."""
    person = reader(request, Right.SETTINGS)
    mailbox = get_object_or_404(mailboxes_for(person), pk=pk)
    if request.method == "POST":
        ask_doctor(by=Author.of(person), mailbox=mailbox)
        return redirect("mailbox-doctor", pk=mailbox.pk)
    row = examination_of(mailbox)
    context = {
        "mailbox": mailbox,
        "title": _("Mailbox doctor"),
        "crumbs": [
            {"label": _("Mailboxes"), "url": reverse("mailboxes")},
            {"label": mailbox.address, "url": reverse("mailbox", args=[mailbox.pk])},
        ],
        "examination": row,
        "roads": roads_of(row) if row else [],
        "running": bool(row and row.finished_at is None),
        "asleep": bool(row and row.finished_at is None and not is_alive()),
        "places": places_for(person, "mailboxes"),
    }
    return render_part(request, "mail/doctor.html", context, partial="v-exam")


def roads_of(row: Examination) -> list[dict[str, Any]]:
    """The steps by road, and while it goes on, those that are still to come."""
    steps = [Step.read(stored) for stored in row.steps]
    coming = still_to_come(steps) if row.finished_at is None else []
    found = []
    for road, label in ROADS.items():
        told = [tell(step) for step in steps if step.road == road]
        waiting = [what for of, what in coming if of == road]
        if told or waiting:
            found.append({"label": label, "steps": told, "waiting": waiting})
    return found

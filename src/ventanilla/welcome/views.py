"""The pages of the first run: the code, five questions, and the first ticket.

Before there is an administrator they are open to the session that typed the console's code; from then on to
administrators, until the last page is left. Otherwise they do not exist.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ventanilla.core.addresses import reverse
from ventanilla.events.beat import is_alive
from ventanilla.installation.models import Installation
from ventanilla.installation.queries import installation
from ventanilla.mail.actions import ask_doctor, save_mailbox
from ventanilla.mail.mailbox_views import problem_of, roads_of
from ventanilla.mail.models import Mailbox
from ventanilla.mail.queries import examination_of
from ventanilla.people.account_actions import note_sign_in
from ventanilla.people.actions import change_installation
from ventanilla.people.author import Author
from ventanilla.people.doors import signed_out
from ventanilla.people.models import Person
from ventanilla.people.origin import Origin
from ventanilla.people.queries import has_administrator
from ventanilla.people.rights import Right
from ventanilla.people.shells import visitor_shell
from ventanilla.people.views import remember_language
from ventanilla.ui.htmx import render as render_part
from ventanilla.welcome import forms
from ventanilla.welcome.actions import (
    Opening,
    finish,
    invite_colleagues,
    make_administrator,
    name_organization,
    open_wizard,
)
from ventanilla.welcome.queries import (
    connected_mailbox,
    first_door,
    first_mailbox,
    holds_wizard,
    is_unfinished,
    newest_ticket,
    own_organization,
    roles_for_colleagues,
)

View = Callable[[HttpRequest], HttpResponse]
SETUP = Author.system("welcome")
QUESTIONS = (
    "welcome-language",
    "welcome-organization",
    "welcome-administrator",
    "welcome-mailbox",
    "welcome-colleagues",
)
_SESSION = "welcome"
_METHODS = ["GET", "HEAD", "POST"]
_BACKEND = "ventanilla.people.backends.PersonBackend"


def _for_holder(view: View) -> View:
    """Let in the session that opened the wizard; others to the code, and nobody once there is an administrator."""

    @never_cache
    @sensitive_post_parameters()
    @require_http_methods(_METHODS)
    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        if has_administrator():
            return _back_to_questions(request)
        if not holds_wizard(request.session.get(_SESSION, "")):
            return redirect("welcome")
        return view(request)

    return cast("View", wrapper)


def _back_to_questions(request: HttpRequest) -> HttpResponse:
    """An administrator who steps back comes to the first question that is still theirs; for others nothing is here."""
    if is_unfinished() and isinstance(request.user, Person) and _rules(request.user):
        return redirect("welcome-mailbox")
    raise Http404


def _for_administrator(view: Callable[[HttpRequest, Person], HttpResponse]) -> View:
    """Let in administrators while the wizard is unfinished."""

    @never_cache
    @sensitive_post_parameters()
    @require_http_methods(_METHODS)
    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        if not is_unfinished():
            raise Http404
        if not has_administrator():
            return redirect("welcome")
        person = request.user
        if not isinstance(person, Person):
            return signed_out(request) or redirect("sign-in")
        if not _rules(person):
            raise PermissionDenied
        return view(request, person)

    return cast("View", wrapper)


def let_in(request: HttpRequest, token: str) -> None:
    """Let this browser answer the questions: `token` is what opening the wizard returned."""
    request.session.cycle_key()
    request.session[_SESSION] = token


def _rules(person: Person) -> bool:
    return person.may(Right.SETTINGS) and person.may(Right.PEOPLE)


@never_cache
@sensitive_post_parameters()
@require_http_methods(_METHODS)
def code(request: HttpRequest) -> HttpResponse:
    """Type the code from the console. The link there fills it in; only the button opens."""
    if has_administrator():
        return _back_to_questions(request)
    if holds_wizard(request.session.get(_SESSION, "")):
        return redirect(QUESTIONS[0])
    form = forms.CodeForm(request.POST or None, initial={"code": request.GET.get("code", "")[:40]})
    if request.method == "POST" and form.is_valid():
        opening, token = open_wizard(typed=form.cleaned_data["code"])
        if opening is Opening.OPENED:
            let_in(request, token)
            return redirect(QUESTIONS[0])
        if opening is Opening.WRONG:
            form.add_error("code", _("That is not the code on the console. Look at both and try again."))
        else:
            text = _("This code no longer works. Start Ventanilla again: the console then shows a new one.")
            form.add_error("code", text)
    context = {"form": form, "shell": visitor_shell(request)}
    return render(request, "welcome/code.html", context, status=422 if form.errors else 200)


@_for_holder
def language(request: HttpRequest) -> HttpResponse:
    """Question 1: the language."""
    form = forms.LanguageForm(request.POST or None, initial={"language": get_language()})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["language"]
        change_installation(by=SETUP, language=chosen)
        response = redirect("welcome-organization")
        remember_language(response, chosen)
        return response
    return _question(
        request, form, title=_("Which language do you work in?"), text=_("Mails and pages will be written in it.")
    )


@_for_holder
def organization(request: HttpRequest) -> HttpResponse:
    """Question 2: the organization."""
    row, own = installation(), own_organization()
    unnamed = row.name == Installation._meta.get_field("name").default
    initial = {"name": "" if unnamed else row.name, "domains": " ".join(own.domains), "time_zone": row.time_zone}
    form = forms.CompanyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            name_organization(by=SETUP, **form.cleaned_data)
            return redirect("welcome-administrator")
        except ValidationError as error:
            form.add_error("domains", error)
    text = _("The name stands over every page and in every mail.")
    return _question(request, form, title=_("What is your organization called?"), text=text)


@_for_holder
def administrator(request: HttpRequest) -> HttpResponse:
    """Question 3: the administrator, who is signed in at once. From here on the code is of no use."""
    form = forms.AdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        hashed = make_password(values["password"])
        try:
            person = make_administrator(
                by=SETUP,
                name=values["name"],
                email=values["email"],
                password_hash=hashed,
                language=installation().language,
            )
        except ValidationError as error:
            form.add_error("email", error)
        else:
            del request.session[_SESSION]
            login(request, person, backend=_BACKEND)
            record_authentication(request, person, method="password", email=person.email)
            note_sign_in(person=person, how="password", second="", origin=Origin.of(request))
            return redirect("welcome-mailbox")
    text = _("You will be the first administrator, with every right. More can follow.")
    return _question(request, form, title=_("Who are you?"), text=text)


@_for_administrator
def mailbox(request: HttpRequest, person: Person) -> HttpResponse:
    """Question 4: the mailbox, connected now and looked at by the doctor, or later."""
    row = first_mailbox()
    examination = examination_of(row) if row is not None else None
    if request.method != "POST" and row is not None and examination is not None and "change" not in request.GET:
        running = examination.finished_at is None
        roads = roads_of(examination)
        context = _frame(request) | {
            "title": _("Connecting %(address)s") % {"address": row.address},
            "roads": roads,
            "running": running,
            "asleep": running and not is_alive(),
            "well": not running and not any(step.state == "bad" for road in roads for step in road["steps"]),
        }
        return render_part(request, "welcome/mailbox_state.html", context, partial="v-exam")
    form = forms.FirstMailboxForm(request.POST or None, mailbox=row)
    if request.method == "POST" and form.is_valid():
        try:
            return _connected(person, row, form)
        except ValidationError as error:
            form.add_error(None, error)
    text = _("Mail to this address becomes tickets, and answers leave from it. Ask your mail provider for the servers.")
    return _question(
        request, form, title=_("Which mailbox do people write to?"), text=text, template="welcome/mailbox.html"
    )


def _connected(person: Person, row: Mailbox | None, form: forms.FirstMailboxForm) -> HttpResponse:
    saved = save_mailbox(by=Author.of(person), mailbox=row, **form.values())
    if saved.imap_host or saved.smtp_host:
        ask_doctor(by=Author.of(person), mailbox=saved)
        return redirect("welcome-mailbox")
    return redirect("welcome-colleagues")


@_for_administrator
def colleagues(request: HttpRequest, person: Person) -> HttpResponse:
    """Question 5: colleagues by pasted addresses, who are invited by mail."""
    form = forms.ColleaguesForm(request.POST or None, roles=roles_for_colleagues(person))
    connected = connected_mailbox()
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data["addresses"]
        made = invite_colleagues(by=Author.of(person), colleagues=wanted, role=form.cleaned_data["role"])
        _say(request, len(made), len(wanted) - len(made))
        return redirect("welcome-first-ticket")
    text = _("Each gets a mail with the way in. You can do this later too, under People.")
    more = {"no_sending": connected is None or not connected.smtp_host}
    title = _("Who works with you?")
    return _question(request, form, title=title, text=text, template="welcome/colleagues.html", **more)


def _say(request: HttpRequest, made: int, known: int) -> None:
    if made:
        said = ngettext("%(number)d colleague was invited.", "%(number)d colleagues were invited.", made)
        messages.success(request, said % {"number": made})
    if known:
        said = ngettext(
            "%(number)d was here already and stays as they are.",
            "%(number)d were here already and stay as they are.",
            known,
        )
        messages.info(request, said % {"number": known})


@_for_administrator
def first_ticket(request: HttpRequest, person: Person) -> HttpResponse:
    """The end: a ticket by mailing oneself, shown when it arrives; POST closes the wizard and leads to the desk."""
    ticket = newest_ticket(person)
    if request.method == "POST":
        finish(by=Author.of(person))
        if ticket is not None and request.POST.get("then") == "ticket":
            return redirect("desk-ticket", number=ticket.number)
        return redirect("desk")
    connected = connected_mailbox()
    context = _frame(request) | {
        "title": _("Your first ticket"),
        "mailbox": connected,
        "problem": _trouble(connected) if connected is not None else "",
        "ticket": ticket,
        "protected": person.protected_at is not None,
        "form_url": reverse("portal:new", args=[first_door()]),
    }
    return render_part(request, "welcome/first_ticket.html", context, partial="v-arrival")


def _trouble(connected: Mailbox) -> str:
    """What keeps a mail from arriving, as far as fetching or the doctor know; empty for nothing."""
    examination = examination_of(connected)
    bad = examination is not None and any(step["state"] == "bad" for step in examination.steps)
    return problem_of(connected) or (_("The mailbox does not work yet.") if bad else "")


def _frame(request: HttpRequest) -> dict[str, Any]:
    """What stands around every page: which question it is, and the ones before and after."""
    name = request.resolver_match.url_name if request.resolver_match else ""
    place = QUESTIONS.index(name) if name in QUESTIONS else len(QUESTIONS)
    # The administrator is made once: there is no way back behind it.
    back = QUESTIONS[place - 1] if place > 0 and QUESTIONS[min(place, 4)] != "welcome-mailbox" else ""
    return {
        "shell": visitor_shell(request),
        "steps": [{"done": at < place, "current": at == place} for at in range(len(QUESTIONS))],
        "number": place + 1,
        "count": len(QUESTIONS),
        "back_url": reverse(back) if back else "",
        "languages": [],
    }


def _question(
    request: HttpRequest, form: BaseForm, *, title: str, text: str, template: str = "welcome/question.html", **more: Any
) -> HttpResponse:
    context = _frame(request) | {"form": form, "title": title, "text": text} | more
    return render(request, template, context, status=422 if form.errors else 200)

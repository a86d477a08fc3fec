"""Pages for those who manage people and what belongs to them: persons, organizations, departments, teams."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import is_valid_path
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.keys import free_key
from ventanilla.installation.queries import installation
from ventanilla.people import actions
from ventanilla.people.author import Author
from ventanilla.people.brand_actions import set_organization_brand
from ventanilla.people.custom import ORGANIZATION, PERSON
from ventanilla.people.forms import (
    InstallationForm,
    OrganizationForm,
    OwnFieldsForm,
    PersonForm,
    SafetyForm,
    TeamForm,
    WithOwnFields,
    offered_brands,
)
from ventanilla.people.hours import SETTING as HOURS_SETTING
from ventanilla.people.hours import usual_hours
from ventanilla.people.models import Organization, Role, Team
from ventanilla.people.queries import (
    merges_into,
    organizations,
    page_of,
    person_with,
    persons,
    provider_links,
    providers_with_ending_secret,
    sign_in_providers,
)
from ventanilla.people.rights import Right
from ventanilla.people.second import ADMINISTRATORS, SETTING, second_steps_of
from ventanilla.people.second_actions import reset_second_step
from ventanilla.people.sections import TEAMS
from ventanilla.people.views import signed_in
from ventanilla.ui.custom_fields import initial_of, typed_values

Page = Callable[..., HttpResponse]


def managed(right: Right) -> Callable[[Page], Page]:
    """A page for whoever has this right; its view gets the author instead of finding them out itself."""

    def decorate(view: Page) -> Page:
        @never_cache
        @login_required
        @wraps(view)
        def wrapper(request: HttpRequest, **more: Any) -> HttpResponse:
            by = Author.of(signed_in(request))
            by.require(right)
            return view(request, by, **more)

        return wrapper

    return decorate


def save(form: Form, write: Callable[[dict[str, Any]], Any]) -> Any:
    """What `write` returns for the form's values, or `None` with the reason put into the form."""
    if not form.is_valid():
        return None
    try:
        return write(form.cleaned_data)
    except ValidationError as error:
        named = hasattr(error, "error_dict") and error.error_dict.keys() <= form.fields.keys()
        form.add_error(None, error if named else error.messages)
        return None


def form_page(request: HttpRequest, form: Form, **context: Any) -> HttpResponse:
    """A settings page with one form; with mistakes it is a client error (422) and keeps what was typed."""
    status = 422 if form.errors else 200
    own = form.custom_fields() if isinstance(form, WithOwnFields) else []
    return render(request, "people/form.html", {"form": form, "own": own, **context}, status=status)


def posted(request: HttpRequest) -> Any:
    """The form data of a POST, else nothing."""
    return request.POST if request.method == "POST" else None


# Persons


@managed(Right.PEOPLE)
@require_safe
def people(request: HttpRequest, by: Author) -> HttpResponse:
    """Everybody, by name, with search; page by page."""
    text, which = request.GET.get("q", "").strip()[:100], request.GET.get("which", "")
    rows, after = page_of(persons(text, which), request.GET.get("after", ""))
    here = reverse("people")
    kept = {"q": text, "which": which}
    tabs = [
        {"label": label, "url": f"{here}?{urlencode({'q': text, 'which': key})}", "current": which == key}
        for key, label in (
            ("", _("Everybody")),
            ("agents", _("Agents")),
            ("requesters", _("Requesters")),
            ("inactive", _("Switched off")),
        )
    ]
    pages = {
        "next_url": f"{here}?{urlencode(kept | {'after': after})}" if after else "",
        "previous_url": f"{here}?{urlencode(kept)}" if request.GET.get("after") else "",
    }
    context = {"people": rows, "query": text, "which": which, "tabs": tabs, "pages": pages}
    return render(request, "people/people.html", context)


@managed(Right.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """One person: who they are, what they may do, their tickets."""
    row = person_with(pk)
    fields = ("name", "email", "phone", "job_title", "location", "language", "role", "organization", "is_active")
    initial = {name: getattr(row, name) for name in fields}
    initial |= {"teams": list(row.teams.all()), "limited_to": list(row.limited_to.all())}
    initial |= initial_of(PERSON, row.custom)
    form = PersonForm(posted(request), initial=initial, new=False)
    if request.method == "POST" and save(form, lambda values: actions.change_person(by=by, person=row, **values)):
        messages.success(request, _("Saved."))
        return redirect("person", pk=row.pk)
    context = {
        "title": row.display_name,
        "text": row.email or "",
        "crumbs": [{"label": _("People"), "url": reverse("people")}],
        "tickets_url": reverse("person-tickets", args=[row.pk]),
        "steps": [str(step.name or _("Authenticator app")) for step in second_steps_of(row)],
        "links": [str(link.provider) for link in provider_links(row)],
        "reset_url": reverse("person-second-reset", args=[row.pk]),
        "invite_url": reverse("person-invite", args=[row.pk]) if row.email and row.is_active else "",
        "merge_url": reverse("person-merge", args=[row.pk]) if not row.may(Right.DESK) else "",
        "merged": merges_into(row),
        "see_as_url": reverse("view-as", args=[row.pk]) if by.person is not None and by.person.may_see_as(row) else "",
        "audit_url": _audit_of(row.pk) if by.may(Right.SETTINGS) else "",
    }
    return form_page(request, form, **context)


@managed(Right.PEOPLE)
@require_POST
def invite(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Mail somebody where the help desk is and how they sign in, once more if they lost it."""
    row = person_with(pk)
    try:
        actions.invite_person(by=by, person=row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The invitation is on its way to %(address)s.") % {"address": row.email})
    return redirect("person", pk=row.pk)


@managed(Right.PEOPLE)
@require_POST
def reset_second(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Take the second steps from somebody who lost them: they sign in without, and set up new ones."""
    row = person_with(pk)
    try:
        reset_second_step(by=by, person=row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(name)s signs in without a second step now.") % {"name": row.display_name})
    return redirect("person", pk=row.pk)


@managed(Right.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_person(request: HttpRequest, by: Author) -> HttpResponse:
    """A new person. They sign in with a code by mail and set a password themselves if they want one."""
    form = PersonForm(posted(request), initial={"role": Role.objects.filter(key="requester").first()}, new=True)
    if request.method == "POST":
        made = save(form, lambda values: actions.create_person(by=by, **values))
        if made:
            messages.success(request, _("%(name)s can now sign in with a code by mail.") % {"name": made.display_name})
            return redirect("person", pk=made.pk)
    crumbs = [{"label": _("People"), "url": reverse("people")}]
    return form_page(request, form, title=_("New person"), crumbs=crumbs)


@managed(Right.PEOPLE)
@require_safe
def own_fields(request: HttpRequest, by: Author, entity: str) -> HttpResponse:
    """The custom fields of a form of a person or an organization, drawn anew: a value may bring others."""
    if entity not in (PERSON, ORGANIZATION):
        raise Http404
    form = OwnFieldsForm(None, initial=typed_values(entity, request.GET), entity=entity)
    return render(request, "people/own_fields.html", {"own": form.custom_fields()})


# Organizations


@managed(Right.PEOPLE)
@require_safe
def organization_list(request: HttpRequest, by: Author) -> HttpResponse:
    """The own organization and the customers."""
    rows = [
        {
            "url": reverse("organization", args=[row.pk]),
            "label": row.name,
            "cells": [", ".join(row.domains), row.people],
            "note": _("own") if row.own else "",
            "archived": row.archived_at is not None,
        }
        for row in organizations()
    ]
    context = {
        "title": _("Organizations"),
        "text": _("Your own and your customers. A mail domain leads new people to theirs."),
        "crumbs": [{"label": _("People"), "url": reverse("people")}],
        "heads": [_("Name"), _("Mail domains"), _("People")],
        "rows": rows,
        "action": {"label": _("New organization"), "url": reverse("organization-new"), "icon": "plus"},
    }
    return render(request, "people/table.html", context)


@managed(Right.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new organization or an existing one."""
    row = _found(Organization, pk)
    initial: dict[str, Any] = {}
    if row is not None:
        initial = {"name": row.name, "domains": " ".join(row.domains), "archived": row.archived_at is not None}
        initial["brand"] = row.brand
        initial |= initial_of(ORGANIZATION, row.custom)
    form = OrganizationForm(posted(request), initial=initial)

    @transaction.atomic
    def write(values: dict[str, Any]) -> Organization:
        brand = values.pop("brand", row.brand if row is not None else None)
        if row is not None:
            written = actions.change_organization(by=by, organization=row, **values)
        else:
            written = actions.create_organization(by=by, **values)
        set_organization_brand(by=by, organization=written, brand=brand)
        return written

    if row is None:
        del form.fields["archived"]
    if offered_brands(None).count() < 2:
        # With one brand there is nothing to choose.
        del form.fields["brand"]
    return _saved_or_form(request, form, write, row, "organizations", _("Organizations"), _("New organization"))


# Teams


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new team or an existing one, with its members."""
    row = _found(Team, pk)
    initial: dict[str, Any] = {}
    if row is not None:
        initial = {
            **TeamForm.initial_of(row.label),
            "level": row.level,
            "calendar": row.calendar,
            "members": row.members.all(),
            "archived": row.archived_at is not None,
        }
    form = TeamForm(posted(request), initial=initial, new=row is None)

    def write(values: dict[str, Any]) -> Team:
        given = {name: values[name] for name in ("label", "level", "calendar", "members")}
        if row is not None:
            return actions.change_team(by=by, team=row, archived=values["archived"], **given)
        return actions.create_team_with(
            by=by,
            key=free_key(Team.objects.all(), values["label"], fallback="team"),
            department=values["department"],
            **given,
        )

    if row is None:
        del form.fields["archived"]
    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect(TEAMS.list_url)
    crumbs = [{"label": _("Teams"), "url": TEAMS.list_url}]
    return form_page(request, form, title=str(row) if row is not None else _("New team"), crumbs=crumbs)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def the_installation(request: HttpRequest, by: Author) -> HttpResponse:
    """The name, language, time zone and working hours of the whole installation."""
    row = installation()
    initial = {"name": row.name, "language": row.language, "time_zone": row.time_zone}
    form = InstallationForm(posted(request), initial=initial | InstallationForm.initial_hours(usual_hours()))

    def write(values: dict[str, Any]) -> Any:
        hours = values.pop("working_hours")
        settings = {**row.settings, HOURS_SETTING: hours} if hours else row.settings
        return actions.change_installation(by=by, **values, settings=settings)

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("settings")
    return form_page(request, form, **_settings(_("Installation"), _("What holds for everybody.")))


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def signing_in(request: HttpRequest, by: Author) -> HttpResponse:
    """Who must have a second step, and the providers that say who people are."""
    row = installation()
    form = SafetyForm(posted(request), initial={SETTING: row.settings.get(SETTING, ADMINISTRATORS)})

    def write(values: dict[str, Any]) -> Any:
        return actions.change_installation(by=by, settings={**row.settings, **values})

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("settings")
    ending = [provider.pk for provider in providers_with_ending_secret(timezone.localdate())]
    text = _("How people prove who they are.")
    if row.demo:
        text = _("This is a demo: nobody must have a second step. In your own installation administrators must.")
    context = {"form": form, "providers": sign_in_providers(), "ending": ending, **_settings(_("Signing in"), text)}
    return render(request, "people/signing_in.html", context, status=422 if form.errors else 200)


def _audit_of(pk: int) -> str:
    """The audit of one person, when this installation has it."""
    path = "/settings/audit/"
    return f"{path}?person={pk}" if is_valid_path(path) else ""


def _settings(title: str, text: str = "") -> dict[str, Any]:
    return {"title": title, "text": text, "crumbs": [{"label": _("Settings"), "url": reverse("settings")}]}


def _found(model: Any, pk: int | None) -> Any:
    if pk is None:
        return None
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _saved_or_form(
    request: HttpRequest, form: Form, write: Callable[[dict[str, Any]], Any], row: Any, back: str, place: str, new: str
) -> HttpResponse:
    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect(back)
    crumbs = [{"label": place, "url": reverse(back)}]
    return form_page(request, form, title=str(row) if row is not None else new, crumbs=crumbs)

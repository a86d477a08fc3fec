"""The settings page with its tiles, the category tree, and a person's tickets for the page of that person."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import is_valid_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from ventanilla.fields.definitions import definitions_of
from ventanilla.installation.queries import installation
from ventanilla.people.author import Author
from ventanilla.people.custom import ORGANIZATION, PERSON
from ventanilla.people.managing import form_page, managed, posted, save
from ventanilla.people.queries import active_providers, person_with, providers_with_ending_secret, teams
from ventanilla.people.rights import Right
from ventanilla.people.second import AGENTS, SETTING
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.life_cycle import life_cycle
from ventanilla.tickets.life_cycle_actions import change_life_cycle
from ventanilla.tickets.models import Category
from ventanilla.tickets.queries import all_canned_replies, tickets_of
from ventanilla.tickets.settings_actions import change_category, create_category
from ventanilla.tickets.settings_forms import CategoryForm, LifeCycleForm
from ventanilla.tickets.vocabulary import words

_MAILBOXES = "/mail/mailboxes/"
_AUDIT = "/settings/audit/"
_SHOWN_TICKETS = 20


@managed(Right.SETTINGS)
@require_safe
def home(request: HttpRequest, by: Author) -> HttpResponse:
    """Tiles that say what is set now."""
    return render(request, "tickets/settings.html", {"tiles": list(_tiles(by))})


def _tiles(by: Author) -> Iterator[dict[str, Any]]:
    known, company = words(), installation()
    used_teams = [row for row in teams() if row.archived_at is None]
    empty = [str(row) for row in used_teams if not row.agents]
    languages = {"es": _("Spanish"), "en": _("English")}
    yield {
        "icon": "building",
        "title": _("Installation"),
        "url": reverse("installation"),
        "now": company.name,
        "more": f"{languages.get(company.language, company.language)} · {company.time_zone}",
    }
    ending = providers_with_ending_secret(timezone.localdate())
    everybody = company.settings.get(SETTING) == AGENTS
    yield {
        "icon": "lock",
        "title": _("Signing in"),
        "url": reverse("signing-in"),
        "now": _("Second step for every agent") if everybody else _("Second step for administrators"),
        "more": " · ".join([*map(str, active_providers()), *([_("The demo asks nobody.")] if company.demo else [])]),
        "warning": _("The secret of %(provider)s ends") % {"provider": ending[0]} if ending else "",
    }
    if is_valid_path(_MAILBOXES):
        yield {"icon": "mail", "title": _("Mailboxes"), "url": _MAILBOXES, "now": _("Where mail comes in and goes out")}
    yield {
        "icon": "people",
        "title": _("Teams"),
        "url": reverse("teams"),
        "now": _list(str(row) for row in used_teams),
        "more": _levels(sorted({row.level for row in used_teams})),
        "warning": _("Nobody in %(team)s") % {"team": empty[0]} if empty else "",
    }
    departments = known.usable(known.departments)
    if len(departments) > 1:  # the first one is found at the teams
        private = sum(row.private for row in departments)
        yield {
            "icon": "folder",
            "title": _("Departments"),
            "url": reverse("departments"),
            "now": _list(str(row) for row in departments),
            "more": ngettext("%(count)d private", "%(count)d private", private) % {"count": private} if private else "",
        }
    categories = known.usable(known.categories)
    routed = sum(1 for row in categories if row.team_id or row.in_charge_id)
    yield {
        "icon": "tag",
        "title": _("Categories"),
        "url": reverse("categories"),
        "now": _list(str(row) for row in categories if row.parent_id is None),
        "more": ngettext("%(count)d with a team of its own", "%(count)d with a team of their own", routed)
        % {"count": routed}
        if routed
        else "",
    }
    for entity, title in (
        (ENTITY, _("Fields of tickets")),
        (PERSON, _("Fields of people")),
        (ORGANIZATION, _("Fields of organizations")),
    ):
        made = [row for row in definitions_of(entity).values() if row.archived_at is None]
        if made:  # the first one is made from the categories
            url = reverse("fields", args=[entity])
            yield {"icon": "list", "title": title, "url": url, "now": _list(str(row) for row in made)}
    days = life_cycle()
    yield {
        "icon": "refresh",
        "title": _("Life cycle"),
        "url": reverse("life-cycle"),
        "now": _("Reminder after %(first)d and %(second)d working days, resolved after %(resolve)d")
        % {"first": days.remind[0], "second": days.remind[-1], "resolve": days.resolve}
        if days.on
        else _("Off"),
        "more": _("Closed %(days)d days after being resolved") % {"days": days.close} if days.on else "",
    }
    replies = [str(row) for row in all_canned_replies() if row.archived_at is None]
    yield {
        "icon": "reply",
        "title": _("Canned replies"),
        "url": reverse("canned-replies"),
        "now": _list(replies),
    }
    if is_valid_path(_AUDIT):
        yield {
            "icon": "shield",
            "title": _("Audit"),
            "url": _AUDIT,
            "now": _("Sign-ins, changes of rights and settings, restricted tickets"),
        }
    if by.may(Right.PEOPLE):
        yield {
            "icon": "person",
            "title": _("People"),
            "url": reverse("people"),
            "now": _("People, roles and organizations"),
        }


def _list(names: Any, most: int = 4) -> str:
    found = list(names)
    shown = ", ".join(found[:most])
    rest = len(found) - most
    if rest <= 0:
        return shown or _("None yet")
    return ngettext("%(names)s and %(count)d more", "%(names)s and %(count)d more", rest) % {
        "names": shown,
        "count": rest,
    }


def _levels(levels: list[int]) -> str:
    return ", ".join(f"N{level}" for level in levels)


@managed(Right.SETTINGS)
@require_safe
def categories(request: HttpRequest, by: Author) -> HttpResponse:
    """The tree of categories, each with where its tickets go."""
    known = words()
    children: dict[int | None, list[Category]] = {}
    for row in known.categories.values():
        children.setdefault(row.parent_id, []).append(row)

    def below(parent: int | None, depth: int) -> Iterator[dict[str, Any]]:
        for row in children.get(parent, []):
            yield {
                "url": reverse("category", args=[row.pk]),
                "label": str(row),
                "indent": "\u2003" * depth,
                "cells": [str(row.team) if row.team else "", _who(row)],
                "archived": row.archived_at is not None,
            }
            yield from below(row.pk, depth + 1)

    context = {
        "title": _("Categories"),
        "text": _("What a matter is about. A category may send its tickets to a team and an agent."),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "heads": [_("Name"), _("Team"), _("Who gets it")],
        "rows": list(below(None, 0)),
        "action": {"label": _("New category"), "url": reverse("category-new"), "icon": "plus"},
        "beside": {"label": _("Fields of tickets"), "url": reverse("fields", args=[ENTITY])},
    }
    return render(request, "people/table.html", context)


def _who(row: Category) -> str:
    if row.in_charge is not None:
        return row.in_charge.display_name
    return _("in turn") if row.turn else ""


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def category(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new category or an existing one."""
    row = words().categories.get(pk) if pk is not None else None
    if pk is not None and row is None:
        raise Http404
    names = ("parent", "department", "team", "in_charge", "turn", "restricted")
    initial: dict[str, Any] = {}
    if row is not None:
        initial = CategoryForm.initial_of(row.label) | {name: getattr(row, name) for name in names}
        initial["archived"] = row.archived_at is not None
    form = CategoryForm(posted(request), initial=initial, category=row)

    @transaction.atomic
    def write(values: dict[str, Any]) -> Category:
        given = {name: values[name] for name in (*names, "label")}
        made = row or create_category(by=by, label=values["label"], parent=values["parent"])
        return change_category(by=by, category=made, archived=values.get("archived", False), **given)

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("categories")
    crumbs = [{"label": _("Categories"), "url": reverse("categories")}]
    return form_page(request, form, title=str(row) if row else _("New category"), crumbs=crumbs)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def the_life_cycle(request: HttpRequest, by: Author) -> HttpResponse:
    """When tickets that nobody touches are followed up, resolved and closed."""
    form = LifeCycleForm(posted(request), initial=LifeCycleForm.initial_of(life_cycle()))

    def write(_values: dict[str, Any]) -> bool:
        change_life_cycle(by=by, days=form.days())
        return True

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("settings")
    text = _("What becomes of tickets that nobody touches. A date or another reason to wait keeps them as they are.")
    crumbs = [{"label": _("Settings"), "url": reverse("settings")}]
    return form_page(request, form, title=_("Life cycle"), text=text, crumbs=crumbs)


@managed(Right.PEOPLE)
@require_safe
def person_tickets(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """The newest tickets of a person that the reader may see: a part of that person's page."""
    person = person_with(pk)
    reader = by.person
    if reader is None:
        raise Http404
    rows = tickets_of(person, reader, _SHOWN_TICKETS)
    known = words()
    shown = [
        {
            "number": row.number,
            "subject": row.subject,
            "category": row.category_of_status.key,
            "status": str(known.statuses[row.status_id]),
            "at": row.updated_at,
        }
        for row in rows
    ]
    return render(request, "tickets/person_tickets.html", {"tickets": shown, "person": person})

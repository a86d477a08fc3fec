"""The inbox: views, filters, order and columns over the one list of tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render as render_page
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, desk_page, person_of, ticket_page
from ventanilla.desk.bulk import run_context
from ventanilla.desk.columns import Column, columns_of, names_in
from ventanilla.desk.counts import while_nothing_happens
from ventanilla.desk.listing import Listing, columns_key, listing_of
from ventanilla.desk.many import bulk_choices
from ventanilla.desk.open_tickets import forget_open
from ventanilla.desk.page import pane_context
from ventanilla.desk.rows import READS, band_querysets, grouped, is_news, row_of
from ventanilla.desk.saved import head_of
from ventanilla.desk.shell import scopes
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.conditions import EVERYTHING, both
from ventanilla.people.actions import change_person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.default_views import BY_KEY, DEFAULT, tickets_in
from ventanilla.tickets.known_views import view_with
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.models.ticket import Tickets
from ventanilla.tickets.queries import newest_run, newest_ticket, seen_at, ticket_for
from ventanilla.tickets.spec import spec_for
from ventanilla.tickets.vocabulary import words_for
from ventanilla.ui import lists
from ventanilla.ui.templatetags.rows import Row, draw_row

FILTERS = (
    "status.category",
    "priority",
    "type",
    "team",
    "category",
    "service",
    "department",
    "channel",
    "satisfaction",
)
# Custom fields of these kinds have values to choose from.
_CHOSEN = frozenset({"choice", "choices", "yes_no", "reference"})


@require_safe
@desk_page
def inbox(request: HttpRequest) -> HttpResponseBase:
    """The list of one view, and beside it the ticket named by `open`."""
    person, here = person_of(request), listing_of(request)
    now = here.reading.now
    known, path = words_for(viewer(person)), reverse("desk")
    visible = tickets_in(here.view, person)
    known_as = ("inbox", here.view.among, here.reading.viewer)
    page = lists.page(visible, here.spec, here.asked, here.reading, base=here.base, reads=READS, known_as=known_as)
    seen = seen_at(person, [row.pk for row in page.rows])
    query = request.GET.copy()
    for name in ("open", "cursor", "size", "at"):
        query.pop(name, None)
    query["view"] = here.view.key
    ticket_query, selected = query.urlencode(), request.GET.get("open", "")
    prefix, rows_prefix = reverse("desk-ticket", args=["N"])[:-2], reverse("desk-row", args=["N"])[:-2]
    columns = _shown(here)
    named = names_in(columns, page.rows)
    rows = []
    for found, place in zip(page.rows, lists.places(here.spec, here.asked, page.rows), strict=True):
        query_from_here = f"{ticket_query}&{urlencode({'at': place})}"
        row = row_of(
            found,
            known,
            columns,
            me=person.pk,
            now=now,
            unread=is_news(found, seen, person.pk),
            selected=found.number == selected,
            url=f"{prefix}{found.number}/?{query_from_here}",
            row_url=f"{rows_prefix}{found.number}/?{query_from_here}",
            custom=named,
        )
        rows.append((found.sort_due_at, row))
    groups, total, newest = _groups(here, visible, rows, known_as)
    heads = {here.spec.by_key[key].column: head for key, head in lists.heads(path, here.spec, here.asked).items()}
    run = newest_run(person, now) if person.may(Right.CHANGE) else None
    context: dict[str, Any] = {
        "now": now,
        "view": here.view,
        "title": str(here.view.label),
        "count": total.value,
        "capped": total.capped,
        "groups": groups,
        "heads": [(column, heads.get(column.field or column.key)) for column in columns],
        "pages": lists.pages(path, here.spec, here.asked, page),
        "filters": lists.chips(path, here.spec, here.asked, here.reading),
        "orders": _orders(path, here),
        "order": _order_label(here),
        "columns": _columns(here),
        "filters_url": f"{reverse('desk-filters')}?{ticket_query}",
        "unfiltered_url": f"{path}?view={here.view.key}",
        "fresh_url": f"{reverse('desk-fresh')}?{ticket_query}&since={newest}",
        "fresh_live": scopes(here.reading.viewer),
        "here": request.get_full_path(),
        "open_ticket": None,
        "bulk": bulk_choices(known) if person.may(Right.CHANGE) else None,
        **head_of(request, here),
        "bulk_query": ticket_query,
        "bulk_run": run_context(run) if run is not None else None,
    }
    if not rows and not here.asked.cursor:
        context |= _nothing(request, here, Ticket.objects.visible_to(person).exists())
    if selected:
        context["open_ticket"] = _open_pane(request, selected)
    return render_page(request, "desk/inbox.html", context)


def _shown(here: Listing) -> tuple[Column, ...]:
    return columns_of(here.spec.by_key[key] for key in here.asked.columns)


def _groups(
    here: Listing, visible: Tickets, rows: Sequence[tuple[datetime, Row]], known_as: tuple[Any, ...]
) -> tuple[list[dict[str, Any]], lists.Count, int]:
    """The rows under their heads, how many there are in all, and the newest ticket so far."""
    asked, now = here.asked, here.reading.now
    banded = asked.sort.removeprefix("-") == "due" and here.view.grouping == "due"
    held = grouped(rows, now, reverse=asked.sort.startswith("-")) if banded else []

    def count() -> tuple[Mapping[str, lists.Count], int]:
        chosen = visible.filter(compile_q(both(here.base, asked.condition), here.spec, here.reading))
        return lists.counts({"": chosen, **band_querysets(chosen, [band for band, _rows in held])}), newest_ticket()

    labels = tuple(band.label for band, _rows in held)
    counts, newest = while_nothing_happens((*known_as, here.base, asked.condition, labels), count)
    if not banded:
        return [{"label": "", "rows": [row for _moment, row in rows]}], counts[""], newest
    groups = [
        {
            "label": band.label,
            "count": counts[band.label].value,
            "capped": counts[band.label].capped,
            "rows": in_band,
        }
        for band, in_band in held
    ]
    return groups, counts[""], newest


def _orders(path: str, here: Listing) -> list[dict[str, Any]]:
    usual = ("due", "-updated", "-created", "priority")
    own = (field.sort for key in here.asked.columns if (field := here.spec.by_key[key]).made and field.sort)
    # On a phone there are no heads to click.
    wanted = [key if here.asked.sort != f"-{key}" else f"-{key}" for key in own]
    return [
        {
            "label": str(sort.label),
            "url": lists.link(path, here.spec, replace(here.asked, sort=key)),
            "current": key == here.asked.sort,
            "icon": "check" if key == here.asked.sort else "",
        }
        for key in dict.fromkeys((*usual, *wanted, here.asked.sort))
        if (sort := here.spec.sort(key.removeprefix("-"))) is not None
    ]


def _order_label(here: Listing) -> str:
    sort = here.spec.sort(here.asked.sort.removeprefix("-"))
    return str(sort.label) if sort else ""


def _columns(here: Listing) -> list[dict[str, Any]]:
    return [
        {"key": field.key, "label": str(field.label), "chosen": field.key in here.asked.columns}
        for field in here.spec.fields
        if field.column
    ]


def _nothing(request: HttpRequest, here: Listing, any_ticket: bool) -> dict[str, Any]:
    """What an empty list says: filters that find nothing, work that is done, or a desk that has just been opened."""
    if any_ticket or here.view.among or request.GET.get("open"):
        filtered = len(lists.chips(reverse("desk"), here.spec, here.asked, here.reading)) > 0
        if filtered:
            return {
                "nothing": _("No ticket fits these filters."),
                "nothing_url": f"{reverse('desk')}?view={here.view.key}",
                "nothing_link": _("Remove the filters"),
            }
        elsewhere = BY_KEY["mine"] if here.view.key != "mine" else BY_KEY["unassigned"]
        return {
            "nothing": str(here.view.nothing),
            "nothing_url": f"{reverse('desk')}?view={elsewhere.key}",
            "nothing_link": _("Go to “%(view)s”") % {"view": elsewhere.label},
        }
    person = person_of(request)
    steps: list[dict[str, Any]] = []
    if person.may(Right.SETTINGS):
        steps.append(
            {
                "title": _("Connect a mailbox"),
                "text": _("Every mail to it becomes a ticket, and replies leave from it."),
                "url": "/mail/mailboxes/",
                "link": _("Set up mail"),
                "main": True,
            }
        )
    if person.may(Right.OPEN_FOR_OTHERS):
        steps.append(
            {
                "title": _("Note down a request"),
                "text": _("For whoever calls or comes to the counter."),
                "url": reverse("desk-new"),
                "link": _("New ticket"),
                "main": not steps,
            }
        )
    if person.may(Right.PEOPLE):
        steps.append(
            {
                "title": _("Invite your colleagues"),
                "text": _("A mail address is enough."),
                "url": "/people/",
                "link": _("Go to people"),
            }
        )
    return {"teach": {"steps": steps}}


def _open_pane(request: HttpRequest, number: str) -> dict[str, Any] | None:
    """The context of the ticket beside the list; nothing when it cannot be seen (any more)."""
    try:
        ticket = ticket_for(person_of(request), number)
    except Http404:
        return None
    return pane_context(request, ticket)


@require_safe
@ticket_page
def row(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """One row as it stands now: what a row of an open list re-reads when its ticket rings."""
    person, here = person_of(request), listing_of(request)
    visible = Ticket.objects.readable_by(here.reading.viewer or viewer(person)).filter(pk=ticket.pk)
    asked = replace(here.asked, condition=EVERYTHING, cursor="")
    page = lists.page(visible, here.spec, asked, here.reading, reads=READS)
    seen = seen_at(person, [ticket.pk])
    (found,) = page.rows
    query = request.GET.urlencode()
    drawn = row_of(
        found,
        words_for(viewer(person)),
        _shown(here),
        me=person.pk,
        now=here.reading.now,
        unread=is_news(found, seen, person.pk),
        url=f"{reverse('desk-ticket', args=[found.number])}?{query}",
        row_url=request.get_full_path(),
        custom=names_in(_shown(here), page.rows),
    )
    return HttpResponse(draw_row(drawn, bulk=person.may(Right.CHANGE)))


@require_safe
@desk_page
def fresh(request: HttpRequest) -> HttpResponseBase:
    """How many tickets have come into this list since it was drawn. The list itself does not move."""
    person, here = person_of(request), listing_of(request)
    since = request.GET.get("since", "")
    newer = tickets_in(here.view, person).filter(pk__gt=int(since[:18]) if since.isascii() and since.isdigit() else 0)
    condition = compile_q(both(here.base, here.asked.condition), here.spec, here.reading)
    context = {
        "count": lists.count(newer.filter(condition), cap=99).value,
        "show_url": lists.link(reverse("desk"), here.spec, here.asked),
        "url": request.get_full_path(),
        "live": scopes(here.reading.viewer),
    }
    return render_page(request, "ui/components/fresh.html", context)


@require_safe
@desk_page
def filters(request: HttpRequest) -> HttpResponseBase:
    """The values one may filter by, each a link: read when the menu is opened."""
    here, path = listing_of(request), reverse("desk")
    groups = []
    own = [field.key for field in here.spec.fields if field.made and field.column and field.kind.name in _CHOSEN]
    for key in (*FILTERS, *own):
        choices = lists.choices(path, here.spec, here.asked, here.reading, key)
        if len(choices) > 1:
            groups.append({"label": str(here.spec.field(key).label), "choices": choices})
    return render_page(request, "desk/filters.html", {"groups": groups})


@require_POST
@desk_page
def columns(request: HttpRequest) -> HttpResponseBase:
    """Keep which columns the person wants to see, and go back to the list. Without any, the usual ones are shown."""
    person, spec = person_of(request), spec_for(viewer(person_of(request)))
    known = [field.key for field in spec.fields if field.column]
    wanted = [key for key in known if key in request.POST.getlist("column")]
    view = view_with(person, request.POST.get("view") or DEFAULT.key)
    change_person(by=author_of(request), person=person, columns={**(person.columns or {}), columns_key(view): wanted})
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(back if safe else reverse("desk"))


@require_safe
@desk_page
def side(request: HttpRequest) -> HttpResponseBase:
    """The side's views with their counts, read again when something rings."""
    return render_page(request, "desk/side.html")


@require_POST
@ticket_page
def forget(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Take a ticket out of «Open now»."""
    forget_open(request, person_of(request), ticket)
    return HttpResponse(status=200)

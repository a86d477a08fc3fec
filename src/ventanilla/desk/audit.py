"""The audit list: who signed in, changed rights or settings, made tokens or exports, opened restricted tickets."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import person_of, reading_of
from ventanilla.desk.audit_actions import note_export
from ventanilla.desk.audit_lines import READS, Names, learn, line_of
from ventanilla.desk.audit_spec import AUDIT, audited
from ventanilla.fields.kinds import Reading
from ventanilla.people.author import Author
from ventanilla.people.managing import managed
from ventanilla.people.models import Person
from ventanilla.people.queries import agent_names, persons_by_id
from ventanilla.people.rights import Right
from ventanilla.ui import lists
from ventanilla.ui.downloads import csv_answer

# Of more than these, the newest: the dates narrow it.
MOST_EXPORTED = 10_000


@managed(Right.SETTINGS)
@require_safe
def audit(request: HttpRequest, by: Author) -> HttpResponse:
    """One page of the list, newest first, under the filters of the address."""
    reading, path = reading_of(request), reverse("audit")
    given = _given(request.GET)
    asked = lists.asked(given, AUDIT, reading)
    page = lists.page(audited(), AUDIT, asked, reading, reads=READS)
    names = Names(person_of(request), reading)
    learn(names, page.rows)
    given_person = given.get("person", "")
    context = {
        "title": _("Audit"),
        "text": _("Who signed in, what was changed of rights and settings, and who opened restricted tickets."),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "lines": [line_of(row, names) for row in page.rows],
        "pages": lists.pages(path, AUDIT, asked, page),
        "filters": lists.chips(path, AUDIT, asked, reading),
        "subjects": list(AUDIT.field("subject").option_map(reading).values()),
        "kinds": list(AUDIT.field("kind").option_map(reading).values()),
        "people": _people(given_person),
        "subject": given.get("subject", ""),
        "kind": given.get("kind", ""),
        "person": given_person,
        "after": given.get("at.after", ""),
        "until": given.get("at.until", ""),
        "unfiltered_url": path,
        "export_url": f"{reverse('audit-export')}?{given.urlencode()}",
        "most_exported": number_format(MOST_EXPORTED, force_grouping=True),
    }
    return render(request, "desk/audit.html", context)


@managed(Right.SETTINGS)
@require_POST
def export(request: HttpRequest, by: Author) -> HttpResponse:
    """The list under the filters of the address as CSV, newest first; that it was taken stands on the list."""
    reading, given = reading_of(request), _given(request.GET)
    asked = replace(lists.asked(given, AUDIT, reading), size=lists.MAX_SIZE, cursor="")
    rows = list(_exported(asked, reading, person_of(request)))
    note_export(by=by, count=len(rows), query=given.urlencode())
    heading = (_("When"), _("What"), _("Details"), _("Who"), _("About"), _("IP address"), _("Device"))
    return csv_answer([heading, *rows], f"{_('Audit')} {timezone.localdate().isoformat()}.csv")


def _exported(asked: lists.Asked, reading: Reading, reader: Person) -> Iterator[Sequence[str]]:
    names = Names(reader, reading)
    for _page in range(MOST_EXPORTED // lists.MAX_SIZE):
        page = lists.page(audited(), AUDIT, asked, reading, reads=READS)
        learn(names, page.rows)
        for row in page.rows:
            line = line_of(row, names)
            at = timezone.localtime(line["at"]).isoformat(sep=" ", timespec="seconds")
            yield at, line["what"], " · ".join(line["details"]), line["who"], line["about"], line["ip"], line["device"]
        if not page.next_cursor:
            return
        asked = replace(asked, cursor=page.next_cursor)


def _given(address: QueryDict) -> QueryDict:
    """The address without the fields of the form that were left empty."""
    kept = QueryDict(mutable=True)
    for name, values in address.lists():
        filled = [value for value in values if value]
        if filled:
            kept.setlist(name, filled)
    return kept


def _people(chosen: str) -> list[dict[str, str]]:
    """Who can be chosen: the agents, and whoever is chosen already by a link."""
    rows = {str(pk): name or email or "" for pk, name, email in agent_names()}
    if chosen.isdecimal() and chosen not in rows and len(chosen) < 19:
        rows |= {str(pk): person.display_name for pk, person in persons_by_id([int(chosen)]).items()}
    return [{"key": key, "label": label} for key, label in rows.items()]

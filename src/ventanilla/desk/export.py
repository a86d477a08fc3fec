"""A list of tickets as a file: exactly the rows and columns that its page shows, to its end."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from itertools import chain, islice

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ventanilla.core.sheets import MOST_SHEET_ROWS
from ventanilla.desk.access import author_of, desk_page, person_of
from ventanilla.desk.columns import Column, Sheet, columns_of, names_in
from ventanilla.desk.export_actions import note_tickets_export
from ventanilla.desk.listing import Listing, list_query, listing_of
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.conditions import both
from ventanilla.installation.queries import one_configuration
from ventanilla.people.models import Person
from ventanilla.people.viewer import viewer
from ventanilla.tickets.default_views import tickets_in
from ventanilla.tickets.vocabulary import words_for
from ventanilla.ui import lists
from ventanilla.ui.downloads import csv_stream, xlsx_answer

FILE_TYPES = ("csv", "xlsx")
_ROWS_AT_ONCE = 1_000
# What every line needs; the columns name what they need themselves.
_READS = ("number", "subject", "status_id", "requester__name", "requester__email")


@require_POST
@desk_page
def export(request: HttpRequest) -> HttpResponseBase:
    """The list of the address as a CSV or XLSX file, in its order. That it was taken stands on the audit list."""
    here, person = listing_of(request), person_of(request)
    file_type = request.POST.get("file_type", "")
    if file_type not in FILE_TYPES:
        raise lists.BadAddress(_("There is no such file to export to."))
    condition = compile_q(both(here.base, here.asked.condition), here.spec, here.reading)
    count = tickets_in(here.view, person).filter(condition).count()
    if file_type == "xlsx" and count >= MOST_SHEET_ROWS:
        most = number_format(MOST_SHEET_ROWS - 1, force_grouping=True)
        raise lists.BadAddress(_("An XLSX file has at most %(most)s rows. Export as CSV.") % {"most": most})
    label = str(here.view.label)
    note_tickets_export(
        by=author_of(request),
        count=count,
        file_type=file_type,
        view=here.view.key,
        name=label,
        query=list_query(request),
    )
    name = f"{label} {timezone.localdate().isoformat()}.{file_type}"
    columns = columns_of(here.spec.by_key[key] for key in here.asked.columns)
    heading = [_("Number"), _("Subject"), _("Requester"), _("Status"), *(str(column.label) for column in columns)]
    language, zone = translation.get_language() or "es", timezone.get_current_timezone()
    rows = chain([heading], _lines(here, person, columns, language, zone))
    return csv_stream(rows, name) if file_type == "csv" else xlsx_answer(rows, name)


def _lines(
    here: Listing, person: Person, columns: Sequence[Column], language: str, zone: tzinfo
) -> Iterator[Sequence[str]]:
    """Each row, read piece by piece while the file is sent.

    Whoever sends the file has left the request behind, and with it the language and the zone of its reader.
    """
    rows = lists.every_row(
        tickets_in(here.view, person), here.spec, here.asked, here.reading, base=here.base, reads=_READS
    )
    with translation.override(language):
        known = words_for(viewer(person))
        statuses = {pk: str(status) for pk, status in known.statuses.items()}
        sheet = Sheet(known, zone)
        writers = [column.text(sheet) for column in columns]
    while True:
        # One configuration for each piece: none of its lines asks which.
        with translation.override(language), timezone.override(zone), one_configuration():
            read = list(islice(rows, _ROWS_AT_ONCE))
            sheet.custom = names_in(columns, read)
            piece = [
                [
                    row.number or "",
                    row.subject,
                    row.requester__name or row.requester__email or "",
                    statuses[row.status_id],
                    *[write(row) for write in writers],
                ]
                for row in read
            ]
        if not piece:
            return
        yield from piece

"""A row of the list of tickets, drawn.

A page has fifty of them: as a template each took a third of a millisecond, most of it asking fifty times which
columns are shown. `ui/components/list.html` draws what stands around them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from ventanilla.ui.templatetags.ui import status_glyph

register = template.Library()


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket as a list says it, in the reader's words.

    `category` is the status category's key and `status` the status's name; `cells` are the optional columns in order:
    the end of the cell's class (`v-c-…`) and its content, escaped unless it is safe. `row_url` is where the row reads
    itself again when `live` rings.
    """

    number: str
    subject: str
    who: str
    category: str
    status: str
    url: str
    row_url: str
    live: str
    cells: tuple[tuple[str, str | SafeString], ...]
    unread: bool = False
    selected: bool = False


def draw_row(row: Row, *, bulk: bool) -> SafeString:
    """The `<tr>` of a row. `bulk`: with the box that ticks it."""
    number, url, subject = escape(row.number), escape(row.url), escape(row.subject)
    css = f"v-row{' is-unread' if row.unread else ''}{' is-open' if row.selected else ''}"
    current = ' aria-current="true"' if row.selected else ""
    tick = (
        f'<input class="v-row-check" type="checkbox" name="number" value="{number}" form="v-bulk" data-row-check '
        f'aria-label="{number}">'
        if bulk
        else ""
    )
    cells = "".join(
        f'<td class="v-c-{name}" role="cell">{content if isinstance(content, SafeString) else escape(content)}</td>'
        for name, content in row.cells
    )
    return mark_safe(  # noqa: S308 - everything that is not ours is escaped above or here
        f'<tr class="{css}" role="row" data-row data-number="{number}" hx-get="{escape(row.row_url)}" '
        f'hx-trigger="ring" hx-swap="outerHTML" data-live="{escape(row.live)}">\n'
        f'<td class="v-c-status" role="cell">{tick}{status_glyph(row.category, row.status)}</td>\n'
        f'<td class="v-c-number" role="cell">{number}</td>\n'
        f'<td class="v-c-subject" role="cell"><span class="v-subject"><a href="{url}" title="{subject}" '
        f'id="row-{number}" data-row-link{current}>{subject}</a><span class="v-who">{escape(row.who)}'
        f"</span></span></td>\n{cells}\n</tr>\n"
    )


@register.simple_tag
def list_rows(rows: Iterable[Row], bulk: object = None) -> SafeString:
    """The `<tr>` of each row."""
    return mark_safe("".join(draw_row(row, bulk=bool(bulk)) for row in rows))  # noqa: S308 - drawn above

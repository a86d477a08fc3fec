"""One change to every ticket of a list, in the background: beginning it, watching it, taking it back."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ventanilla.desk.access import author_of, desk_page, person_of
from ventanilla.desk.listing import listing_of
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.conditions import both
from ventanilla.fields.definitions import PREFIX
from ventanilla.fields.effects import MAX_TEXT, Effect, EffectError, as_scalar, parse
from ventanilla.people.author import Author
from ventanilla.people.viewer import viewer
from ventanilla.tickets.bulk import MOST, note_seen, start_bulk, undo_bulk
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.default_views import tickets_in
from ventanilla.tickets.effects import in_words
from ventanilla.tickets.models import BulkRun
from ventanilla.tickets.queries import bulk_run_for, left_of
from ventanilla.tickets.vocabulary import words_for
from ventanilla.ui.custom_fields import typed_value

_LISTED = 200


def begin(request: HttpRequest, by: Author, name: str) -> HttpResponseBase:
    """Set one posted field on every ticket of the list that the address speaks of, and answer with how that goes.

    Raises ValidationError for a list that is empty or too long and for a value that does not exist.
    """
    here = listing_of(request)
    condition = compile_q(both(here.base, here.asked.condition), here.spec, here.reading)
    found = tickets_in(here.view, person_of(request)).filter(condition).order_by("pk")
    ids = list(found.values_list("pk", flat=True)[: MOST + 1])
    if len(ids) > MOST:
        raise ValidationError(_("At most %(most)d tickets at once. Narrow the list with filters.") % {"most": MOST})
    run = start_bulk(by=by, tickets=ids, effects=[_effect(name, request.POST)])
    return HttpResponse(_strip(request, run, oob=True), headers={"HX-Trigger": "bulk:began"})


def _effect(name: str, form: QueryDict) -> Effect:
    if name == "tags":
        return Effect("add", name, tuple(tag for tag in form.getlist(name) if tag.strip()))
    if name.startswith(PREFIX):
        try:
            return Effect("set", name, as_scalar(typed_value(ENTITY, name, form)))
        except EffectError:
            raise ValidationError(_("At most %(most)d characters.") % {"most": MAX_TEXT}) from None
    return Effect("set", name, str(form[name]))


@require_safe
@desk_page
def run_strip(request: HttpRequest, pk: int) -> HttpResponseBase:
    """How a run of one's own stands: what the strip over the list reads again until it is done."""
    run = bulk_run_for(person_of(request), pk)
    headers = {} if run.under_way else {"HX-Trigger": "list:again"}
    return HttpResponse(_strip(request, run), headers=headers)


@require_safe
@desk_page
def run_page(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What became of a run, and the tickets that were left, each with the reason."""
    run = bulk_run_for(person_of(request), pk)
    # The number of a ticket that one may no longer see is not told either.
    lines = [{"number": number, "why": why} for number, why in left_of(run, _LISTED)]
    context = {"run": run_context(run), "left": lines, "more": max(0, run.left - _LISTED)}
    return render(request, "desk/bulk_left.html", context)


@require_POST
@desk_page
def undo_run(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take a run of one's own back, in the background."""
    run = bulk_run_for(person_of(request), pk)
    undo_bulk(by=author_of(request), run=run)
    run.refresh_from_db()
    return HttpResponse(_strip(request, run))


@require_POST
@desk_page
def forget_run(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Close the strip: one has read how the run ended."""
    note_seen(bulk_run_for(person_of(request), pk))
    return HttpResponse('<div id="v-bulk-run"></div>')


def run_context(run: BulkRun) -> dict[str, Any]:
    """What `desk/bulk_run.html` says of a run."""
    return {
        "pk": run.pk,
        "what": in_words(parse(run.effects), words_for(viewer(run.person))),
        "under_way": run.under_way,
        "undoing": run.state in (BulkRun.State.UNDOING, BulkRun.State.UNDONE),
        "failed": run.state == BulkRun.State.FAILED,
        "can_undo": run.state == BulkRun.State.DONE and run.changed > 0,
        "total": run.total,
        "position": run.position,
        "changed": run.changed,
        "same": run.same,
        "left": run.left,
    }


def _strip(request: HttpRequest, run: BulkRun, *, oob: bool = False) -> str:
    return render_to_string("desk/bulk_run.html", {"bulk_run": run_context(run), "oob": oob}, request=request)

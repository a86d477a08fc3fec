"""The page of an agreement: whom it covers and what it grants, drawn again as its conditions grow."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.core.addresses import reverse
from ventanilla.fields.kinds import Reading
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.sla.actions import save_agreement
from ventanilla.sla.book import book
from ventanilla.sla.coverage import gaps
from ventanilla.sla.models import Agreement
from ventanilla.sla.queries import entry_of, recount_under_way
from ventanilla.sla.sections import AGREEMENTS
from ventanilla.sla.wording import Wording, judged_spec
from ventanilla.sla.words import gap_in_words
from ventanilla.studio.agreement_form import COVER, AgreementForm, Draft, drawn_rows
from ventanilla.studio.rows import end_of
from ventanilla.ui import condition_form, lists
from ventanilla.ui.condition_form import BadAct, Lookups


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new agreement, or an existing one: saving says anew what it says."""
    entry = entry_of(pk) if pk is not None else None
    row = entry.agreement if entry else None
    edition = entry.editions[-1] if entry and entry.editions else None
    wording = edition.wording if edition else Wording()
    initial: dict[str, Any] = AgreementForm.initial_of_wording(wording)
    if row is not None and edition is not None:
        initial |= AgreementForm.initial_of(row.label)
        initial |= {"calendar": edition.row.calendar_id, "team": edition.row.team_id}
        initial |= {"department": row.department_id, "archived": row.archived_at is not None}
    form = AgreementForm(posted(request), initial=initial, new=row is None, side=row.side if row else "")
    if request.method != "POST":
        return _page(request, by, row, form, Draft.of(wording))
    draft = Draft.read(request.POST)
    if request.POST.get("act"):
        focus = _carried_out(request, draft)
        form.errors.clear()
        return _page(request, by, row, form, draft, focus=focus)
    made = _saved(by, row, form, draft)
    if made is None:
        return _page(request, by, row, form, draft, status=422)
    messages.success(request, _("Saved. Open tickets follow within the minute."))
    for gap in gaps(book()):
        messages.warning(request, gap_in_words(gap))
    return redirect(AGREEMENTS.list_url)


@managed(Right.SETTINGS)
@require_POST
def build(request: HttpRequest, by: Author) -> HttpResponse:
    """The conditions and rows of the form drawn again: after a button of theirs, or with the inputs of what was
    chosen."""
    draft = Draft.read(request.POST)
    focus = _carried_out(request, draft) if request.POST.get("act") else ""
    return render(request, "studio/agreement_rows.html", _drawn(by, draft, focus))


def _saved(by: Author, row: Agreement | None, form: AgreementForm, draft: Draft) -> Agreement | None:
    """The agreement, or None with the reason at its place."""
    valid = form.is_valid()
    try:
        wording = draft.wording(form, judged_spec(), _reading(by))
        if not valid:
            return None
        values = form.cleaned_data
        return save_agreement(
            by=by,
            agreement=row,
            label=values["label"],
            side=values.get("side", ""),
            calendar=values["calendar"],
            wording=wording,
            team=values.get("team"),
            department=values["department"],
            archived=values.get("archived", False),
        )
    except ValidationError as error:
        if not draft.errors():
            named = hasattr(error, "error_dict") and error.error_dict.keys() <= form.fields.keys()
            form.add_error(None, error if named else error.messages)
        return None


def _carried_out(request: HttpRequest, draft: Draft) -> str:
    try:
        return draft.act(request.POST.get("act", ""))
    except BadAct:
        raise lists.BadAddress(_("There is no such button.")) from None


def _reading(by: Author) -> Reading:
    person = by.person
    return Reading(
        person_id=person.pk if person else None,
        zone=timezone.get_current_timezone(),
        viewer=viewer(person) if person else None,
    )


def _page(
    request: HttpRequest,
    by: Author,
    row: Agreement | None,
    form: AgreementForm,
    draft: Draft,
    *,
    focus: str = "",
    status: int = 200,
) -> HttpResponse:
    entry = entry_of(row.pk) if row is not None else None
    context: dict[str, Any] = {
        "form": form,
        "row_errors": draft.errors(),
        "title": str(row) if row else str(AGREEMENTS.new),
        "crumbs": [{"label": AGREEMENTS.title, "url": AGREEMENTS.list_url}],
        "key": row.key if row else "",
        "broken": entry.editions[-1].problem if entry and entry.editions else "",
        "gaps": [gap_in_words(gap) for gap in gaps(book())] if entry else [],
        "recount": recount_under_way(),
        "versions": len(entry.editions) if entry else 0,
        **_drawn(by, draft, focus),
    }
    if row is not None:
        context |= end_of(AGREEMENTS, row)
    return render(request, "studio/agreement.html", context, status=status)


def _drawn(by: Author, draft: Draft, focus: str) -> dict[str, Any]:
    lookups = Lookups(
        {"person": reverse("desk-people")},
        {"tags": reverse("desk-tags"), "organization": reverse("desk-organizations")},
    )
    spec, reading = judged_spec(), _reading(by)
    return {
        "cover": condition_form.drawn(draft.cover, spec, reading, lookups, focus=focus, root=COVER),
        "rows": drawn_rows(draft, spec, reading, lookups, focus),
        "build_url": reverse("agreement-build"),
    }

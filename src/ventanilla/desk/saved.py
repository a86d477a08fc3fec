"""Saved views: keeping a list under a name, changing it, its place among the others."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, desk_page, person_of, reading_of
from ventanilla.desk.listing import Listing, listing_of
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.conditions import EVERYTHING, Condition, ConditionError, both, to_json
from ventanilla.fields.problems import explain
from ventanilla.fields.spec import Spec
from ventanilla.people.author import Author
from ventanilla.people.models import Team
from ventanilla.people.viewer import viewer
from ventanilla.saved_views.actions import (
    LONGEST_NAME,
    SHARING,
    archive_view,
    change_view,
    create_view,
    may_change,
    order_views,
    restore_view,
)
from ventanilla.saved_views.models import SavedView
from ventanilla.saved_views.queries import archived_view, archived_views, problems, view_for, views_of
from ventanilla.tickets.default_views import DEFAULT, tickets_in
from ventanilla.tickets.spec import spec_for
from ventanilla.tickets.vocabulary import words, words_for
from ventanilla.ui import condition_form, lists
from ventanilla.ui.condition_form import BadAct, Group, Lookups

_LANGUAGES = {"es": gettext_lazy("Name in Spanish"), "en": gettext_lazy("Name in English")}


class ViewForm(forms.Form):
    """What is asked of a view beside its condition."""

    label = forms.CharField(max_length=LONGEST_NAME, label=gettext_lazy("Name"))
    label_other = forms.CharField(max_length=LONGEST_NAME, required=False)
    audience = forms.ChoiceField(label=gettext_lazy("Who sees it"))
    sort = forms.ChoiceField(label=gettext_lazy("Order"))
    grouping = forms.ChoiceField(
        label=gettext_lazy("Groups"),
        choices=[("due", gettext_lazy("By deadline, in that order")), ("none", gettext_lazy("None"))],
    )
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Without any, everybody has the columns they usually have."),
    )
    pinned = forms.BooleanField(label=gettext_lazy("Always at the side, not under “More views”"), required=False)

    def __init__(self, *args: Any, spec: Spec, by: Author, view: SavedView | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.other = "en" if _language() == "es" else "es"
        self.fields["label_other"].label = _LANGUAGES[self.other]
        fields: Any = self.fields
        fields["audience"].choices = _audiences(by, view)
        fields["sort"].choices = _sorts(spec)
        fields["columns"].choices = [(field.key, field.label) for field in spec.fields if field.column]
        if not by.may(SHARING):
            del self.fields["label_other"]

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned values as the actions take them; `label` alone is one language's."""
        data = self.cleaned_data
        audience, _colon, team = data["audience"].partition(":")
        return {
            "audience": audience,
            "team": words().teams.get(int(team)) if team else None,
            "sort": data["sort"],
            "grouping": data["grouping"],
            "columns": data["columns"],
            "pinned": data["pinned"],
        }

    def label_on(self, before: dict[str, str]) -> dict[str, str]:
        """The label with what was written for the reader's language, the other one kept unless it was written, too."""
        label = {**before, _language(): self.cleaned_data["label"]}
        if "label_other" in self.fields:
            label[self.other] = self.cleaned_data["label_other"]
        elif before and _language() not in before:
            label = {next(iter(before)): self.cleaned_data["label"]}
        return label


@dataclass
class _Page:
    """What a page about one view is drawn from."""

    form: ViewForm
    draft: Group
    view: SavedView | None
    focus: str = ""
    problem: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def new_view(request: HttpRequest) -> HttpResponseBase:
    """Keep the list of the address as a view: its condition and filters, columns and order."""
    by, spec = author_of(request), spec_for(viewer(person_of(request)))
    here = listing_of(request)
    initial = {"columns": list(here.asked.columns), "sort": here.asked.sort, "grouping": here.view.grouping}
    form = ViewForm(_posted(request), initial=initial | {"audience": "owner"}, spec=spec, by=by, view=None)
    page = _Page(form, _draft(request, _shown_in(here)), None)

    def write(stored: list[Any]) -> SavedView:
        owner = person_of(request)
        return create_view(by=by, owner=owner, label=form.label_on({}), condition=stored, **form.values)

    return _answer(request, page, write, spec)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def change(request: HttpRequest, view_key: str) -> HttpResponseBase:
    """Change a saved view: whoever has it without being allowed to gets 403."""
    by, spec, view = author_of(request), spec_for(viewer(person_of(request))), _own_view(request, view_key)
    initial = {
        "label": str(view),
        "audience": f"team:{view.team_id}" if view.team_id else view.audience,
        "sort": view.sort or spec.default_sort,
        "grouping": view.grouping,
        "columns": view.columns,
        "pinned": view.pinned,
    }
    form = ViewForm(_posted(request), initial=initial, spec=spec, by=by, view=view)
    if "label_other" in form.fields:
        form.initial["label_other"] = view.label.get(form.other, "") if _language() in view.label else ""
    page = _Page(form, _draft(request, view.parsed), view)

    def write(stored: list[Any]) -> SavedView:
        return change_view(by=by, view=view, label=form.label_on(view.label), condition=stored, **form.values)

    return _answer(request, page, write, spec)


@require_POST
@desk_page
def build(request: HttpRequest) -> HttpResponseBase:
    """The conditions of the form drawn again: after a button of theirs, or with the inputs of what was chosen."""
    draft = condition_form.read(request.POST)
    focus = _carried_out(request, draft)
    response = render(
        request, "desk/view_conditions.html", _conditions(request, draft, spec_for(viewer(person_of(request))), focus)
    )
    response["HX-Trigger"] = "view:changed"
    return response


@require_POST
@desk_page
def found(request: HttpRequest) -> HttpResponseBase:
    """How many tickets the conditions of the form find just now."""
    reading, spec = reading_of(request), spec_for(viewer(person_of(request)))
    context: dict[str, Any] = {}
    try:
        condition = condition_form.condition_of(condition_form.read(request.POST), spec, reading)
        tickets = tickets_in(DEFAULT, person_of(request)).filter(compile_q(condition, spec, reading))
    except ConditionError:
        context["unfinished"] = True
    else:
        context["found"] = lists.count(tickets)
    return render(request, "desk/view_found.html", context)


@require_safe
@desk_page
def views(request: HttpRequest) -> HttpResponseBase:
    """The saved views one has, in their order, and those of one's own that were deleted."""
    by, reading, spec = author_of(request), reading_of(request), spec_for(viewer(person_of(request)))
    rows = []
    shown = views_of(viewer(person_of(request)))
    mine = [view.pk for view in shown if may_change(by, view)]
    for view in shown:
        may = view.pk in mine
        rows.append(
            {
                "view": view,
                "may": may,
                "first": may and view.pk == mine[0],
                "last": may and view.pk == mine[-1],
                "who": _who(view),
                "problems": problems(view, spec, reading),
            }
        )
    context = {"title": _("Views"), "rows": rows, "deleted": archived_views(person_of(request))}
    return render(request, "desk/views.html", context)


@require_POST
@desk_page
def pin(request: HttpRequest, view_key: str) -> HttpResponseBase:
    """Put a view at the side, or under «More views» again."""
    view = _own_view(request, view_key)
    change_view(by=author_of(request), view=view, pinned=not view.pinned)
    return _back(request, view)


@require_POST
@desk_page
def move(request: HttpRequest, view_key: str) -> HttpResponseBase:
    """Move a view by one place among those one may order."""
    by, view = author_of(request), _own_view(request, view_key)
    order = [row for row in views_of(viewer(person_of(request))) if may_change(by, row)]
    place = next(number for number, row in enumerate(order) if row.pk == view.pk)
    target = place + (-1 if request.POST.get("to") == "up" else 1)
    if 0 <= target < len(order):
        order.insert(target, order.pop(place))
        order_views(by=by, views=order)
    return redirect("desk-views")


@require_POST
@desk_page
def delete(request: HttpRequest, view_key: str) -> HttpResponseBase:
    """Delete a view; on the page of all views its owner finds it again."""
    view = _own_view(request, view_key)
    archive_view(by=author_of(request), view=view)
    messages.success(request, _("“%(view)s” is deleted.") % {"view": view})
    return redirect("desk-views")


@require_POST
@desk_page
def restore(request: HttpRequest, view_key: str) -> HttpResponseBase:
    """Take back that one's own view was deleted."""
    view = archived_view(person_of(request), view_key)
    if view is None:
        raise Http404
    restore_view(by=author_of(request), view=view)
    messages.success(request, _("“%(view)s” is back.") % {"view": view})
    return redirect("desk-views")


def head_of(request: HttpRequest, here: Listing) -> dict[str, Any]:
    """What the head of a list offers for its view: keep it, change it, and what it asks for that is gone."""
    view, by = here.view.saved, author_of(request)
    query = request.GET.copy()
    for name in ("open", "cursor", "size", "at"):
        query.pop(name, None)
    query["view"] = here.view.key
    may = view is not None and may_change(by, view)
    return {
        "saved": view,
        "may_change_view": may,
        "save_url": "" if here.view.among else f"{reverse('desk-view-new')}?{query.urlencode()}",
        "change_url": reverse("desk-view", args=[view.key]) if view and may else "",
        "view_problems": problems(view, here.spec, here.reading) if view else (),
        "list_query": query.urlencode(),
    }


def _own_view(request: HttpRequest, key: str) -> SavedView:
    """The view one may change. 404 when one does not have it, 403 when one may not change it."""
    view = view_for(viewer(person_of(request)), key)
    if not may_change(author_of(request), view):
        raise PermissionDenied(SHARING)
    return view


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _draft(request: HttpRequest, condition: Condition) -> Group:
    if request.method == "POST":
        return condition_form.read(request.POST)
    draft = condition_form.draft_of(condition)
    if not draft.parts:
        draft.parts.append(condition_form.Row())
    return draft


def _shown_in(here: Listing) -> Condition:
    """What the list shows, as far as a condition can say it."""
    return both(EVERYTHING if here.view.among else here.base, here.asked.condition)


def _carried_out(request: HttpRequest, draft: Group) -> str:
    said = request.POST.get("act", "")
    if not said:
        return ""
    try:
        return condition_form.act(draft, said)
    except BadAct:
        raise lists.BadAddress(_("There is no such button.")) from None


def _answer(request: HttpRequest, page: _Page, write: Any, spec: Spec) -> HttpResponse:
    """The page, or after saving the view itself. With a mistake 422, and everything stays as it was typed."""
    if request.method != "POST":
        return _drawn(request, page, spec)
    if request.POST.get("act"):
        page.focus = _carried_out(request, page.draft)
        page.form.errors.clear()
        return _drawn(request, page, spec)
    stored: list[Any] | None = None
    try:
        stored = to_json(condition_form.condition_of(page.draft, spec, reading_of(request)))
    except ConditionError as error:
        page.problem = explain(error)
    if page.form.is_valid() and stored is not None:
        try:
            view = write(stored)
        except ValidationError as error:
            named = hasattr(error, "error_dict") and error.error_dict.keys() <= page.form.fields.keys()
            page.form.add_error(None, error if named else error.messages)
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(f"{reverse('desk')}?view={view.key}")
    return _drawn(request, page, spec, status=422)


def _drawn(request: HttpRequest, page: _Page, spec: Spec, *, status: int = 200) -> HttpResponse:
    back = f"{reverse('desk')}?view={page.view.key if page.view else request.GET.get('view') or DEFAULT.key}"
    wrong = condition_form.errors(page.draft)
    context = {
        "form": page.form,
        "view": page.view,
        "title": _("Change the view") if page.view else _("Save as view"),
        "crumbs": [{"label": _("Views"), "url": reverse("desk-views")}],
        "back_url": back,
        "row_errors": wrong,
        "problem": page.problem if page.problem and not wrong else "",
        "gone": problems(page.view, spec, reading_of(request)) if page.view and request.method != "POST" else (),
        **_conditions(request, page.draft, spec, page.focus),
    }
    return render(request, "desk/view.html", context, status=status)


def _conditions(request: HttpRequest, draft: Group, spec: Spec, focus: str) -> dict[str, Any]:
    lookups = Lookups(
        {"person": reverse("desk-people")},
        {
            "assignee": reverse("desk-agents"),
            "tags": reverse("desk-tags"),
            "organization": reverse("desk-organizations"),
        },
    )
    return {
        "group": condition_form.drawn(draft, spec, reading_of(request), lookups, focus=focus),
        "build_url": reverse("desk-view-build"),
        "found_url": reverse("desk-view-found"),
    }


def _back(request: HttpRequest, view: SavedView) -> HttpResponse:
    if request.POST.get("from") == "views":
        return redirect("desk-views")
    return HttpResponseRedirect(f"{reverse('desk')}?view={view.key}")


def _language() -> str:
    return "es" if (get_language() or "es").startswith("es") else "en"


def _who(view: SavedView) -> str:
    if view.audience == SavedView.Audience.TEAM:
        return str(view.team)
    return str(_("Everybody")) if view.audience == SavedView.Audience.EVERYONE else _("Only you")


def _audiences(by: Author, view: SavedView | None) -> list[tuple[str, str]]:
    choices = [("owner", pgettext("audience", "Only me"))]
    if view is not None and by.person is not None and view.owner_id != by.person.pk:
        choices = [("owner", pgettext("audience", "Only whoever made it"))]
    if by.may(SHARING) and by.person is not None:
        who = viewer(by.person)
        known = words_for(who)
        teams: list[Team] = known.usable(known.teams)
        choices += [
            (f"team:{team.pk}", _("The team %(team)s") % {"team": team})
            for team in teams
            if team.pk in who.teams or team.department_id in who.departments or (view and team.pk == view.team_id)
        ]
        choices.append(("everyone", _("Everybody at the desk")))
    return choices


def _sorts(spec: Spec) -> list[tuple[str, str]]:
    """Every order and its reverse, that which lists begin with first."""
    turned = pgettext("order", "%(order)s, the other way round")
    pairs = [(sort.key, str(sort.label)) for sort in spec.sorts]
    return [*pairs, *((f"-{key}", turned % {"order": label}) for key, label in pairs)]

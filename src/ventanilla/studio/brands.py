"""A brand: what it is called, where it is shown, its draft and versions; publishing, and looking at it beforehand."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import validate_host
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.brands import actions
from ventanilla.brands.content import BrandContent
from ventanilla.brands.models import Brand
from ventanilla.brands.queries import draft_shown, published_content, versions_of
from ventanilla.brands.sections import BRANDS, DEFAULT, state_in_words
from ventanilla.core.addresses import reverse
from ventanilla.fields.section_actions import change_row, create_row
from ventanilla.people.author import Author
from ventanilla.people.branding import end_preview, preview
from ventanilla.people.forms import SignInForm
from ventanilla.people.managing import form_page, managed, posted, save
from ventanilla.people.queries import names_of, person_at
from ventanilla.people.rights import Right
from ventanilla.people.shells import draft_seen_by_visitor
from ventanilla.people.view_as import end_seeing, see_as
from ventanilla.studio.brand_forms import BrandRowForm, SeeAsForm, summary
from ventanilla.studio.queries import row_of
from ventanilla.studio.rows import end_of

_VERSIONS = 6
PARTS = (
    ("look", "star", gettext_lazy("Name, colors and logo")),
    ("texts", "text", gettext_lazy("Texts")),
    ("home", "columns", gettext_lazy("Blocks of the first page")),
    ("pages", "document", gettext_lazy("Your own pages")),
    ("offers", "desk-bell", gettext_lazy("What is offered")),
    ("links", "link", gettext_lazy("Links at the foot")),
    ("mail", "mail", gettext_lazy("Sender and signature of mails")),
)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, by: Author) -> HttpResponse:
    """A new brand: its name here and its host names; the rest is written afterwards."""
    form = BrandRowForm(posted(request))
    del form.fields["archived"]

    def write(values: dict[str, Any]) -> Brand:
        return create_row(by=by, section=BRANDS, label=values["label"], hosts=values["hosts"])

    if request.method == "POST" and (made := save(form, write)):
        return redirect("brand", pk=made.pk)
    return form_page(request, form, title=str(BRANDS.new), crumbs=crumbs())


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def brand(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """A brand: its state, its parts, how to look at it, its earlier versions; its name here and its host names."""
    row = row_of(BRANDS, pk)
    initial = BrandRowForm.initial_of(row.label) | {"hosts": row.hosts, "archived": row.archived_at is not None}
    form = BrandRowForm(posted(request), initial=initial)
    if row.key == DEFAULT:
        del form.fields["archived"]

    def write(values: dict[str, Any]) -> Brand:
        given = {"label": values["label"], "hosts": values["hosts"]}
        kept: Brand = row
        return change_row(by=by, section=BRANDS, row=kept, archived=values.get("archived", False), **given)

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("brand", pk=row.pk)
    return _page(request, row, form, SeeAsForm())


def _page(
    request: HttpRequest, row: Brand, form: BrandRowForm, seeing: SeeAsForm, status: int | None = None
) -> HttpResponse:
    content = BrandContent.of(published_content(row) if row.draft is None else row.draft)
    said = summary(content)
    listed = versions_of(row, _VERSIONS)
    actors = {
        version.actor: int(version.actor.partition(":")[2])
        for version in listed
        if ":" in version.actor and version.actor.startswith("person:")
    }
    names = names_of(actors.values()) if actors else {}
    context = {
        "form": form,
        "title": str(row),
        "text": state_in_words(row.version, row.draft is not None),
        "crumbs": crumbs(),
        "row": row,
        "changed": changed_parts(row),
        "unanswered": [host for host in row.hosts.split() if not validate_host(host, settings.ALLOWED_HOSTS)],
        "tiles": [
            {"icon": icon, "title": str(title), "url": reverse("brand-part", args=[row.pk, key]), "now": said[key]}
            for key, icon, title in PARTS
        ],
        "seeing": seeing,
        "versions": [
            {
                "number": version.number,
                "at": version.published_at,
                "who": names.get(actors.get(version.actor, 0), ""),
                "now": version.number == row.version,
            }
            for version in listed
        ],
        **end_of(BRANDS, row),
    }
    status = status or (422 if form.errors or seeing.errors else 200)
    return render(request, "studio/brand.html", context, status=status)


def changed_parts(row: Brand) -> list[str]:
    """The names of the parts in which the draft says something else than what is published."""
    if row.draft is None:
        return []
    names = {
        "look": ("name", "accent", "accent_dark", "logo", "logo_dark"),
        "texts": ("welcome", "text", "sign_in"),
        "home": ("blocks",),
        "pages": ("pages",),
        "offers": ("types", "categories", "fields"),
        "links": ("links",),
        "mail": ("sender", "signature"),
    }
    published = published_content(row)
    return [
        str(title)
        for key, _icon, title in PARTS
        if any(published.get(name) != row.draft.get(name) for name in names[key])
    ]


@managed(Right.SETTINGS)
@require_POST
def publish(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Show everybody the draft; with `number`, what was published under that one."""
    row = row_of(BRANDS, pk)
    number = request.POST.get("number", "")
    try:
        if number.isdecimal() and len(number) < 9:
            actions.publish_again(by=by, brand=row, number=int(number))
        else:
            actions.publish(by=by, brand=row)
        messages.success(request, _("Published: everybody sees it now."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("brand", pk=row.pk)


@managed(Right.SETTINGS)
@require_POST
def discard(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Throw the draft away."""
    row = row_of(BRANDS, pk)
    actions.discard_draft(by=by, brand=row)
    messages.success(request, _("The draft is gone. What is published stays."))
    return redirect("brand", pk=row.pk)


@managed(Right.SETTINGS)
@require_POST
def look(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Look at the draft: as oneself, as a visitor, or as the person with an address (`as`)."""
    row = row_of(BRANDS, pk)
    match request.POST.get("as", ""):
        case "visitor":
            preview(request, row.pk)
            return redirect("brand-as-visitor", pk=row.pk)
        case "person":
            form = SeeAsForm(request.POST)
            if form.is_valid():
                found = person_at(form.cleaned_data["email"])
                try:
                    if found is None:
                        raise ValidationError(_("Nobody has this address."))
                    see_as(request, by=by, person=found)
                except (ValidationError, PermissionDenied) as error:
                    told = error.messages if isinstance(error, ValidationError) else [_("You may not see as them.")]
                    form.add_error("email", told)
            if form.errors:
                initial = BrandRowForm.initial_of(row.label) | {"hosts": row.hosts}
                return _page(request, row, BrandRowForm(None, initial=initial), form)
    preview(request, row.pk)
    return redirect("portal:home")


@managed(Right.SETTINGS)
@require_safe
def as_visitor(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """The sign-in page as the draft has it."""
    shown = draft_shown(pk)
    if shown is None:
        raise Http404
    back = reverse("brand", args=[pk])
    context = {"shell": draft_seen_by_visitor(request, shown, back), "form": SignInForm(), "next": ""}
    return render(request, "people/sign_in.html", context)


@managed(Right.SETTINGS)
@require_POST
def end_looking(request: HttpRequest, by: Author) -> HttpResponse:
    """See what is published again, with one's own eyes."""
    end_seeing(request)
    pk = end_preview(request)
    return redirect("brand", pk=pk) if pk else redirect(BRANDS.list_url)


def crumbs(row: Brand | None = None) -> list[dict[str, str]]:
    """The way to a brand, or to one of its parts."""
    way = [{"label": _("Settings"), "url": reverse("settings")}, {"label": str(BRANDS.title), "url": BRANDS.list_url}]
    return way if row is None else [*way, {"label": str(row), "url": reverse("brand", args=[row.pk])}]

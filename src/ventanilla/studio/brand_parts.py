"""The parts of a brand's draft, each a page with one form."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.brands import theme
from ventanilla.brands.actions import add_picture, save_draft
from ventanilla.brands.content import BLOCKS, PLACES, BrandContent
from ventanilla.brands.models import Brand
from ventanilla.brands.queries import pictures_of, published_content
from ventanilla.brands.sections import BRANDS
from ventanilla.core.addresses import reverse
from ventanilla.core.contrast import normal_color
from ventanilla.core.labels import text_in
from ventanilla.core.order import moved
from ventanilla.people.author import Author
from ventanilla.people.managing import form_page, managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.studio.brand_forms import LinksForm, LookForm, MailForm, OffersForm, PageForm, PartForm, TextsForm
from ventanilla.studio.brands import PARTS, crumbs
from ventanilla.studio.queries import row_of

Part = Callable[[HttpRequest, Author, Brand, BrandContent], HttpResponse]
_TITLES = {key: title for key, _icon, title in PARTS}


def content_of(row: Brand) -> BrandContent:
    """What the draft of a brand says, or what is published where there is none."""
    return BrandContent.of(published_content(row) if row.draft is None else row.draft)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def part(request: HttpRequest, by: Author, pk: int, key: str) -> HttpResponse:
    """One part of the draft."""
    if key not in _PARTS:
        raise Http404
    row = row_of(BRANDS, pk)
    return _PARTS[key](request, by, row, content_of(row))


def _saved(request: HttpRequest, row: Brand) -> HttpResponse:
    messages.success(request, _("Saved in the draft. Nobody else sees it before you publish it."))
    return redirect("brand", pk=row.pk)


def _texts(form_class: type[PartForm], key: str) -> Part:
    def page(request: HttpRequest, by: Author, row: Brand, content: BrandContent) -> HttpResponse:
        form = form_class(posted(request), initial=form_class.initial_of(content))
        if request.method == "POST" and save(form, lambda _v: save_draft(by=by, brand=row, changes=form.said())):
            return _saved(request, row)
        context = {"form": form, "title": str(_TITLES[key]), "crumbs": crumbs(row)}
        return render(request, "studio/row.html", context, status=422 if form.errors else 200)

    return page


def _look(request: HttpRequest, by: Author, row: Brand, content: BrandContent) -> HttpResponse:
    typed = request.POST.copy() if request.method == "POST" else None
    if typed is not None:
        for name in ("accent", "accent_dark"):
            if f"take_{name}" in typed:
                typed[name] = str(typed[f"take_{name}"])
    form = LookForm(typed, request.FILES or None, initial=LookForm.initial_of(content))

    def write(values: dict[str, Any]) -> Brand:
        changes: dict[str, Any] = {**form.said(), "accent": values["accent"], "accent_dark": values["accent_dark"]}
        # The colors first: with a mistake there no picture is kept.
        save_draft(by=by, brand=row, changes=changes)
        for name in ("logo", "logo_dark"):
            if values[f"no_{name}"]:
                changes[name] = None
            if values[f"{name}_file"]:
                changes[name] = _picture(by, row, name, values[f"{name}_file"])
        return save_draft(by=by, brand=row, changes=changes)

    if request.method == "POST" and save(form, write):
        return _saved(request, row)
    for name in ("logo", "logo_dark"):
        if getattr(content, name) is None:
            del form.fields[f"no_{name}"]
    shown = {picture.pk: picture for picture in pictures_of(row)}
    context = {
        "form": form,
        "title": str(_TITLES["look"]),
        "crumbs": crumbs(row),
        "logos": [shown[pk] for pk in (content.logo, content.logo_dark) if pk in shown],
        "near": _nearest(form),
        "samples": _samples(content),
    }
    return render(request, "studio/brand_look.html", context, status=422 if form.errors else 200)


def _picture(by: Author, row: Brand, name: str, file: Any) -> int:
    try:
        return add_picture(by=by, brand=row, raw=file.read()).pk
    except ValidationError as error:
        raise ValidationError({f"{name}_file": error.messages}) from None


def _nearest(form: LookForm) -> list[dict[str, str]]:
    """The nearest colors that pass, for those that were typed and do not."""
    found = []
    for name, mode in (("accent", "light"), ("accent_dark", "dark")):
        if form.errors.get(name):
            try:
                color = normal_color(form.data.get(name, ""))
            except ValueError:
                continue
            near = theme.suggested(color, mode)
            if near != color:
                found.append({"name": f"take_{name}", "color": near})
    return found


def _samples(content: BrandContent) -> list[dict[str, Any]]:
    """The colors of the draft as they are drawn in either mode, each with its least contrast."""
    chosen = content.theme
    if chosen is None:
        return []
    samples = []
    for mode, accent, label in (("light", chosen.light, _("In light mode")), ("dark", chosen.dark, _("In dark mode"))):
        made = theme.colors(accent, mode)
        samples.append(
            {
                "label": label,
                "ground": theme.GROUNDS[mode][0],
                "accent": made.accent,
                "soft": made.soft,
                "on": made.on_accent,
                "ratio": f"{theme.contrast_of(accent, mode):.1f}",
            }
        )
    return samples


def _home(request: HttpRequest, by: Author, row: Brand, content: BrandContent) -> HttpResponse:
    if request.method == "POST":
        up, down = request.POST.get("up", ""), request.POST.get("down", "")
        keys = [key for key in moved(request.POST.getlist("key"), up=up, down=down) if key in BLOCKS]
        on = request.POST.getlist("on")
        save_draft(by=by, brand=row, changes={"blocks": [[key, key in on] for key in dict.fromkeys(keys)]})
        if up or down or "save" not in request.POST:
            return redirect(f"{reverse('brand-part', args=[row.pk, 'home'])}?moved={up or down}")
        return _saved(request, row)
    context = {
        "title": str(_TITLES["home"]),
        "text": _("In this order. What has nothing to show takes no room."),
        "crumbs": crumbs(row),
        "blocks": [
            {"key": key, "label": str(BLOCKS[key]), "on": on, "moved": request.GET.get("moved") == key}
            for key, on in content.blocks
        ],
    }
    return render(request, "studio/brand_home.html", context)


def _pages(request: HttpRequest, by: Author, row: Brand, content: BrandContent) -> HttpResponse:
    if request.method == "POST":
        up, down = request.POST.get("up", ""), request.POST.get("down", "")
        by_slug = {page.slug: asdict(page) for page in content.pages}
        order = [slug for slug in moved(request.POST.getlist("key"), up=up, down=down) if slug in by_slug]
        order += [slug for slug in by_slug if slug not in order]
        save_draft(by=by, brand=row, changes={"pages": [by_slug[slug] for slug in dict.fromkeys(order)]})
        return redirect(f"{reverse('brand-part', args=[row.pk, 'pages'])}?moved={up or down}")
    public, private = _("everybody"), _("who is signed in")
    language = _language()
    context = {
        "title": str(_TITLES["pages"]),
        "text": _("A privacy notice, opening hours, how to reach you: linked on top or at the foot of the portal."),
        "crumbs": crumbs(row),
        "action": {"label": _("New page"), "url": reverse("brand-page-new", args=[row.pk]), "icon": "plus"},
        "heads": [_("Title"), _("Where it is linked"), _("Read by")],
        "order_url": "",
        "rows": [
            {
                "key": page.slug,
                "label": text_in(page.title, language),
                "url": reverse("brand-page", args=[row.pk, page.slug]),
                "cells": [
                    {"head": _("Where it is linked"), "said": str(PLACES[page.place])},
                    {"head": _("Read by"), "said": public if page.public else private},
                ],
                "moved": request.GET.get("moved") == page.slug,
            }
            for page in content.pages
        ],
    }
    return render(request, "studio/rows.html", context)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, by: Author, pk: int, slug: str = "") -> HttpResponse:
    """A new page of a brand or an existing one."""
    row = row_of(BRANDS, pk)
    content = content_of(row)
    kept = content.page(slug) if slug else None
    if slug and kept is None:
        raise Http404
    initial: dict[str, Any] = {"place": "nav"}
    if kept is not None:
        initial = PageForm.initial_of(kept) | {"slug": kept.slug, "place": kept.place, "public": kept.public}
    form = PageForm(posted(request), initial=initial)

    def write(values: dict[str, Any]) -> Brand:
        written = {**form.said(), **{name: values[name] for name in ("slug", "place", "public")}}
        rows = [written if other.slug == slug else asdict(other) for other in content.pages]
        return save_draft(by=by, brand=row, changes={"pages": rows if kept is not None else [*rows, written]})

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved in the draft. Nobody else sees it before you publish it."))
        return redirect("brand-part", pk=row.pk, key="pages")
    pages = {"label": str(_TITLES["pages"]), "url": reverse("brand-part", args=[row.pk, "pages"])}
    context = {
        "form": form,
        "title": text_in(kept.title, _language()) if kept is not None else _("New page"),
        "crumbs": [
            *crumbs(row),
            pages,
        ],
        "remove_url": reverse("brand-page-delete", args=[row.pk, slug]) if kept is not None else "",
    }
    return render(request, "studio/brand_page.html", context, status=422 if form.errors else 200)


@managed(Right.SETTINGS)
@require_POST
def remove_page(request: HttpRequest, by: Author, pk: int, slug: str) -> HttpResponse:
    """Take a page out of the draft; what is published keeps it until the draft is."""
    row = row_of(BRANDS, pk)
    content = content_of(row)
    if content.page(slug) is None:
        raise Http404
    save_draft(by=by, brand=row, changes={"pages": [asdict(page) for page in content.pages if page.slug != slug]})
    messages.success(request, _("Saved in the draft. Nobody else sees it before you publish it."))
    return redirect("brand-part", pk=row.pk, key="pages")


def _offers(request: HttpRequest, by: Author, row: Brand, content: BrandContent) -> HttpResponse:
    form = OffersForm(posted(request), content=content)
    if request.method == "POST" and save(form, lambda _v: save_draft(by=by, brand=row, changes=form.said())):
        return _saved(request, row)
    text = _("What is not offered is not only hidden: the portal refuses it.")
    return form_page(request, form, title=str(_TITLES["offers"]), text=text, crumbs=crumbs(row))


def _links(request: HttpRequest, by: Author, row: Brand, content: BrandContent) -> HttpResponse:
    form = LinksForm(posted(request), links=content.links)
    up, down = request.POST.get("up", ""), request.POST.get("down", "")
    if up or down:
        form.move(up=up, down=down)
    elif request.method == "POST" and save(
        form, lambda _v: save_draft(by=by, brand=row, changes={"links": form.said()})
    ):
        return _saved(request, row)
    context = {
        "form": form,
        "title": str(_TITLES["links"]),
        "text": _("At the foot of every page, for visitors too. An empty line is none."),
        "crumbs": crumbs(row),
    }
    return render(request, "studio/brand_links.html", context, status=422 if form.errors else 200)


def _language() -> str:
    return get_language() or "es"


_PARTS: Mapping[str, Part] = {
    "look": _look,
    "texts": _texts(TextsForm, "texts"),
    "home": _home,
    "pages": _pages,
    "offers": _offers,
    "links": _links,
    "mail": _texts(MailForm, "mail"),
}

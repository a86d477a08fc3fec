"""The requester's portal: ask for help, follow one's tickets, answer, confirm."""

from collections.abc import Iterable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.announcements.queries import questions, standing
from ventanilla.brands.content import NAV, BrandContent
from ventanilla.core.addresses import reverse
from ventanilla.core.labels import text_in
from ventanilla.people.author import Author
from ventanilla.people.branding import brand_for, previewed_brand
from ventanilla.people.doors import signed_out
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.people.shells import portal_shell, visitor_shell
from ventanilla.portal import ticket_page
from ventanilla.portal.forms import NewTicketForm
from ventanilla.portal.opened import Opened, View
from ventanilla.portal.queries import (
    RECENT,
    NotOffered,
    found_tickets,
    moved_for_requesters,
    my_tickets,
    organization_tickets,
    portal_ticket,
    portal_type,
    portal_types,
    sees_organization,
)
from ventanilla.portal.sending import do_once, done, mark_of
from ventanilla.portal.uploading import NONE, receive_one, received
from ventanilla.portal.words import greeting, holder_of, state_of
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.models import Ticket, TicketType
from ventanilla.tickets.paging import decode, encode
from ventanilla.tickets.queries import unread
from ventanilla.tickets.survivors import Moved
from ventanilla.tickets.vocabulary import words
from ventanilla.ui.custom_fields import typed_values
from ventanilla.ui.htmx import is_part

_LIST = "v-mine"
_ON_HOME = 8
_ON_PAGE = 30
_REQUEST = "request"


def _signed_in(view: View) -> View:
    """Let in who is signed in. Nothing of it is kept by any cache; whoever looks at a draft of a brand only looks."""

    @never_cache
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        answer = signed_out(request)
        if answer is None and request.method not in ("GET", "HEAD") and previewed_brand(request, _person(request)):
            raise PermissionDenied(_("You only look: nothing can be changed while you see a draft of the brand."))
        return answer or view(request, *args, **more)

    return wrapper


@_signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Greeting, search, the doors, and the newest of one's tickets: those still open first."""
    person = _person(request)
    brand = brand_for(request, person).content
    tickets = my_tickets(person).order_by("-is_open", "-updated_at", "-pk")[: _ON_HOME + 1]
    shown = list(tickets)
    language = get_language() or "es"
    context = {
        "shell": portal_shell(request, person),
        "greeting": text_in(brand.welcome, language) or greeting(person, timezone.now()),
        "blocks": [key for key, on in brand.blocks if on or key == "search"],
        "searchable": dict(brand.blocks)["search"],
        "text": mark_safe(text_in(brand.text, language)),  # noqa: S308 - cleaned when it was stored
        "pages": _pages_of(brand, language),
        "doors": _doors(person, brand),
        "tickets": _rows(person, shown[:_ON_HOME]),
        "more": len(shown) > _ON_HOME,
        "announcements": standing(person),
        "questions": questions(person),
        "tabs": _tabs(person, "mine"),
        "live": _live(person, shown[:_ON_HOME]),
        "again_url": request.path,
    }
    return _page_or_list(request, "portal/home.html", context)


@_signed_in
@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """One's tickets or one's organization's, newest first, page by page; or what a search finds among them."""
    person = _person(request)
    query = request.GET.get("q", "").strip()[:200]
    whose = "organization" if request.GET.get("whose") == "organization" and sees_organization(person) else "mine"
    context: dict[str, Any] = {"shell": portal_shell(request, person), "query": query}
    if query:
        found = found_tickets(person, query)
        context |= {"tickets": _rows(person, found), "none": _("Nothing found. Try other words, or tell us about it.")}
        context["doors"] = _doors(person, brand_for(request, person).content) if not found else []
        return render(request, "portal/tickets.html", context)
    rows = organization_tickets(person) if whose == "organization" else my_tickets(person)
    place = decode(request.GET.get("after"), RECENT)
    page, after = RECENT.cut(rows, place, _ON_PAGE)
    kept = "&whose=organization" if whose == "organization" else ""
    context |= {
        "tickets": _rows(person, page, others=whose == "organization"),
        "tabs": _tabs(person, whose),
        "pages": {"next_url": f"?after={encode(after)}{kept}" if after else ""},
        "first_url": f"?whose={whose}" if request.GET.get("after") else "",
        "live": _live(person, page),
        "again_url": f"?whose={whose}&after={encode(place) if place else ''}",
    }
    return _page_or_list(request, "portal/tickets.html", context)


@_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, key: str) -> HttpResponse:
    """The form behind a door. A mistake brings it back with everything typed and attached (422)."""
    person = _person(request)
    by = Author.of(person)
    by.require(Right.OPEN)
    brand = brand_for(request, person).content
    try:
        kind = portal_type(words(), brand, key)
    except NotOffered:
        context = {"shell": portal_shell(request, person), "doors": _doors(person, brand)}
        return render(request, "portal/not_offered.html", context, status=403)
    posted = request.POST if request.method == "POST" else None
    form = _new_form(posted, kind, brand)
    files = received(request, person.pk) if posted is not None else NONE
    for problem in files.problems:
        form.add_error(None, problem)
    if posted is not None and form.is_valid():
        content = Content.of_text(form.cleaned_data["body"], files.files)

        def opened() -> Ticket:
            return open_ticket(
                by=by,
                requester=person,
                subject=form.cleaned_data["subject"],
                content=content,
                channel=Ticket.Channel.PORTAL,
                type=kind,
                service=form.chosen("service"),
                category=form.chosen("category"),
                custom=form.custom_values(),
            )

        try:
            ticket, _now = do_once(request, person, about=f"new {key}", act=opened)
        except ValidationError as error:
            named = hasattr(error, "error_dict") and error.error_dict.keys() <= form.fields.keys()
            form.add_error(None, error if named else error.messages)
        else:
            said = _("Sent. Your number is %(number)s: we will write to you.") % {"number": ticket.number}
            messages.success(request, said)
            return done(request, reverse("portal:ticket", args=[ticket.number]))
    context = {
        "shell": portal_shell(request, person),
        "form": form,
        "custom": form.custom_fields(),
        "title": _door_title(kind),
        "announcements": standing(person),
        "key": key,
        "keep": f"new-{key}-{person.pk}",
        "once": mark_of(request),
        "upload_url": reverse("portal:upload"),
        "upload_max": settings.UPLOAD_MAX_BYTES,
        "attachments": files.shown,
    }
    return render(request, "portal/new.html", context, status=422 if form.errors else 200)


@_signed_in
@require_safe
def new_fields(request: HttpRequest, key: str) -> HttpResponse:
    """The custom fields of the form, drawn anew with what was typed into them: a value may bring others."""
    person = _person(request)
    Author.of(person).require(Right.OPEN)
    brand = brand_for(request, person).content
    kind = portal_type(words(), brand, key)
    form = _new_form(None, kind, brand, initial=typed_values(ENTITY, request.GET))
    return render(request, "portal/new_fields.html", {"custom": form.custom_fields()})


def _new_form(posted: QueryDict | None, kind: TicketType, brand: BrandContent, **more: Any) -> NewTicketForm:
    return NewTicketForm(
        posted,
        known=words(),
        kind=kind,
        brand=brand,
        request=kind.key == _REQUEST,
        again_url=reverse("portal:new-fields", args=[kind.key]),
        **more,
    )


def _with_ticket(view: View) -> View:
    """Hand the view one of the reader's own tickets instead of its number; any other is not there."""

    @_signed_in
    @wraps(view)
    def wrapper(request: HttpRequest, number: str, **more: Any) -> HttpResponseBase:
        person = _person(request)
        try:
            found = portal_ticket(person, number)
        except Moved as moved:
            if request.method in ("GET", "HEAD"):
                return HttpResponseRedirect(reverse("portal:ticket", args=[moved.number]))
            # What was written for a merged ticket is said in the one it is in.
            found = portal_ticket(person, moved.number)
        opened = Opened(
            person=person,
            ticket=found,
            shell=portal_shell(request, person),
            address=lambda part, *more: reverse(f"portal:{part}", args=[found.number, *more]),
            upload_url=reverse("portal:upload"),
            back_url=reverse("portal:tickets"),
        )
        return view(request, opened, **more)

    return wrapper


pages = ticket_page.pages(_with_ticket)


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Keep one file until the form that is being written takes it. 401 when the session has ended."""
    if not request.user.is_authenticated:
        return JsonResponse({"detail": _("Your session has ended. Sign in again in another tab.")}, status=401)
    return receive_one(request, request.user.pk)


def _person(request: HttpRequest) -> Person:
    person = request.user
    assert isinstance(person, Person)  # login_required saw to it
    return person


def _page_or_list(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page; or, when it reads its list again, the list alone."""
    return render(request, "ui/components/portal_tickets.html" if is_part(request, _LIST) else template, context)


def _live(person: Person, rows: Iterable[Ticket]) -> str:
    """What rings when this list may look different: tickets that come, and those that stand in it."""
    scopes = [f"person:{person.pk}", *(f"ticket:{row.pk}" for row in rows)]
    if sees_organization(person):
        scopes.append(f"organization:{person.organization_id}")
    return " ".join(scopes)


@never_cache
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A page of the brand's own. Visitors read those that are for everybody; the others lead them to the sign-in."""
    person = request.user if isinstance(request.user, Person) else None
    found = brand_for(request, person).content.page(slug)
    if person is None and (found is None or not found.public):
        answer = signed_out(request)
        assert answer is not None  # nobody is signed in
        return answer
    if found is None:
        raise Http404
    language = get_language() or "es"
    context = {
        "shell": visitor_shell(request) if person is None else portal_shell(request, person),
        "title": text_in(found.title, language),
        "text": mark_safe(text_in(found.html, language)),  # noqa: S308 - cleaned when it was stored
        "visitor": person is None,
    }
    return render(request, "portal/page.html", context)


def _pages_of(brand: BrandContent, language: str) -> list[dict[str, str]]:
    """The brand's own pages that stand on top, as ways to them."""
    return [
        {"label": text_in(page.title, language), "url": reverse("portal:page", args=[page.slug])}
        for page in brand.pages
        if page.place == NAV
    ]


def _doors(person: Person, brand: BrandContent) -> list[dict[str, str]]:
    if not person.may(Right.OPEN):
        return []
    texts = {
        "incident": (_("Something does not work, or works badly"), "broken"),
        "request": (_("An account, a permission, a device, a change"), "desk-bell"),
    }
    return [
        {
            "label": _door_title(kind),
            "text": texts.get(kind.key, ("", ""))[0],
            "icon": texts.get(kind.key, ("", "ticket"))[1],
            "url": reverse("portal:new", args=[kind.key]),
        }
        for kind in portal_types(words(), brand)
    ]


def _door_title(kind: TicketType) -> str:
    return {"incident": _("Report an incident"), "request": _("Request a service")}.get(kind.key, str(kind))


def _tabs(person: Person, current: str) -> list[dict[str, Any]]:
    if not sees_organization(person):
        return []
    here = reverse("portal:tickets")
    return [
        {"label": _("Mine"), "url": here, "current": current == "mine"},
        {
            "label": _("My organization's"),
            "url": f"{here}?whose=organization",
            "current": current == "organization",
        },
    ]


def _rows(person: Person, rows: Iterable[Ticket], *, others: bool = False) -> list[dict[str, Any]]:
    """Tickets as `ui/components/portal_tickets.html` shows them; one address is reversed, not one a row."""
    shown, known = list(rows), words()
    news, moved = unread(person, shown), moved_for_requesters(shown)
    pattern = reverse("portal:ticket", args=["NUMBER"])
    result = []
    for row in shown:
        state = state_of(row, known)
        holder = holder_of(row)
        if others and row.requester_id != person.pk:
            asked = _("asked by %(name)s") % {"name": row.requester.name} if row.requester.name else ""
            holder = " · ".join(part for part in (asked, holder) if part)
        result.append(
            {
                "number": row.number,
                "subject": row.subject,
                "url": pattern.replace("NUMBER", row.number or ""),
                "category": state.category,
                "plain": state.plain,
                "yours": state.yours,
                "holder": holder,
                "at": moved[row.pk],
                "unread": row.pk in news,
            }
        )
    return result

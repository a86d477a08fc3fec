"""The texts of mails: the list, and each kind with its variables, for all readers or one brand's, tried on a real
ticket before it is saved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ventanilla.brands.models import Brand
from ventanilla.brands.queries import brands_with_readers
from ventanilla.core.addresses import reverse
from ventanilla.core.labels import LANGUAGES
from ventanilla.fields.definitions import usable
from ventanilla.mail.framing import with_pictures
from ventanilla.mail.letters import Untellable, letter_for
from ventanilla.mail.models import Outgoing
from ventanilla.mail.queries import mail_texts, mailbox_of
from ventanilla.mail.text_actions import save_text
from ventanilla.mail.texts import KINDS, MOST_SUBJECT, VARIABLES, TextKind, checked, product_text
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted, save
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.life_cycle import life_cycle
from ventanilla.tickets.models import Message, Ticket
from ventanilla.tickets.numbering import normal_number

_NATIVE = {"es": gettext_lazy("Spanish"), "en": gettext_lazy("English")}
_OF_OUTGOING: Mapping[str, Outgoing.Kind] = {
    "received": Outgoing.Kind.ACKNOWLEDGEMENT,
    "reply": Outgoing.Kind.REPLY,
    "question": Outgoing.Kind.QUESTION,
    "reminder": Outgoing.Kind.REMINDER,
    "resolved": Outgoing.Kind.RESOLVED,
    "unanswered": Outgoing.Kind.RESOLVED,
    "link": Outgoing.Kind.LINK,
    "invitation": Outgoing.Kind.INVITATION,
    "news": Outgoing.Kind.ANNOUNCEMENT,
    "ended": Outgoing.Kind.ANNOUNCEMENT,
}


@dataclass(frozen=True)
class _Typed:
    """A text as somebody is typing it."""

    subject: Mapping[str, str] = field(default_factory=dict)
    html: Mapping[str, str] = field(default_factory=dict)


class MailTextForm(forms.Form):
    """Subject and text in both languages, and the ticket on which they are tried."""

    ticket = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("Try it on ticket"),
        help_text=gettext_lazy("Its number. Empty: the newest one that you see."),
    )

    def __init__(self, *args: Any, kind: TextKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        for code in LANGUAGES:
            fields[f"subject_{code}"] = forms.CharField(
                required=False,
                max_length=MOST_SUBJECT,
                label=format_lazy("{} · {}", gettext_lazy("Subject"), _NATIVE[code]),
            )
            fields[f"html_{code}"] = forms.CharField(
                required=False,
                strip=False,
                label=format_lazy("{} · {}", gettext_lazy("Text"), _NATIVE[code]),
                widget=forms.Textarea({"rows": 9, "data-editor": "html"}),
            )
        if not kind.about_ticket:
            del fields["ticket"]

    def said(self) -> tuple[dict[str, str], dict[str, str]]:
        """Subject and text as they were typed, by language."""
        subject, html = (
            {code: self.cleaned_data[f"{name}_{code}"] for code in LANGUAGES} for name in ("subject", "html")
        )
        return subject, html


@managed(Right.SETTINGS)
@require_safe
def texts(request: HttpRequest, by: Author) -> HttpResponse:
    """Every kind of mail, and who has words of their own in it."""
    names = {brand.pk: str(brand) for brand in brands_with_readers()}
    own: dict[str, list[str]] = {}
    for (kind, brand), row in mail_texts().items():
        languages = ", ".join(str(_NATIVE[code]) for code in LANGUAGES if code in row.html)
        if brand is None or brand in names:
            own.setdefault(kind, []).append(f"{names[brand]}: {languages}" if brand else languages)
    context = {
        "title": _("Texts of mails"),
        "text": _("What mails to people outside the desk say. What is not changed follows the product."),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "heads": [_("Mail"), _("When it is sent"), _("Own words")],
        "rows": [
            {
                "url": reverse("mail-text", args=[kind.key]),
                "label": str(kind.title),
                "cells": [str(kind.when), " · ".join(own.get(kind.key, [])) or _("the product's")],
            }
            for kind in KINDS.values()
        ],
    }
    return render(request, "people/table.html", context)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def text(request: HttpRequest, by: Author, kind: str) -> HttpResponse:
    """What one kind of mail says: to all, or to the readers of one brand (`brand`). With `try` it is only shown, on a
    ticket that the author sees; with `reset` the product's words come back."""
    known = KINDS.get(kind)
    brand = _brand(request.GET.get("brand", ""))
    if known is None:
        raise Http404
    here = reverse("mail-text", args=[kind]) + (f"?{urlencode({'brand': brand.key})}" if brand else "")
    if request.method == "POST" and "reset" in request.POST:
        save_text(by=by, kind=kind, brand=brand, subject={}, html={})
        messages.success(request, _("It says what the product says again."))
        return redirect(here)
    row = mail_texts().get((kind, brand.pk if brand else None))
    form = MailTextForm(posted(request), kind=known, initial=_initial(known, row))
    shown: list[dict[str, Any]] = []
    if request.method == "POST":
        trying = "try" in request.POST

        def write(_values: dict[str, Any]) -> Any:
            subject, html = form.said()
            if trying:
                return _Typed(**checked(known, subject, html))
            save_text(by=by, kind=kind, brand=brand, subject=subject, html=html)
            return True

        done = save(form, write)
        if done and not trying:
            messages.success(request, _("Saved."))
            return redirect(here)
        if done:
            shown = list(_tried(form, known, by, brand, done))
    scopes = [{"label": _("Everybody"), "url": reverse("mail-text", args=[kind]), "current": brand is None}]
    scopes += [
        {
            "label": str(one),
            "url": f"{reverse('mail-text', args=[kind])}?{urlencode({'brand': one.key})}",
            "current": one == brand,
        }
        for one in brands_with_readers()
    ]
    context = {
        "form": form,
        "title": str(known.title),
        "text": str(known.when),
        "crumbs": [
            {"label": _("Settings"), "url": reverse("settings")},
            {"label": _("Texts of mails"), "url": reverse("mail-texts")},
        ],
        "variables": [(f"{{{name}}}", VARIABLES[name]) for name in known.variables],
        "own": row is not None,
        "scopes": scopes if len(scopes) > 1 else [],
        "shown": shown,
    }
    return render(request, "mail/text.html", context, status=422 if form.errors else 200)


def _brand(key: str) -> Brand | None:
    if not key:
        return None
    found = next((brand for brand in brands_with_readers() if brand.key == key), None)
    if found is None:
        raise Http404
    return found


def _initial(kind: TextKind, row: Any) -> dict[str, str]:
    found = {}
    for code in LANGUAGES:
        product = product_text(kind, code)
        found[f"subject_{code}"] = (row.subject.get(code) if row else "") or product["subject"]
        found[f"html_{code}"] = (row.html.get(code) if row else "") or product["html"]
    return found


def _tried(
    form: MailTextForm, kind: TextKind, by: Author, brand: Brand | None, typed: _Typed
) -> Iterator[dict[str, Any]]:
    """The letter in each language as its reader would see it, lets nobody in. A mistake is said at the form."""
    assert by.person is not None
    ticket = None
    if kind.about_ticket:
        tickets = Ticket.objects.visible_to(by.person).select_related("requester", "status", "team")
        number = form.cleaned_data["ticket"].strip()
        if number:
            ticket = tickets.filter(number=normal_number(number)).first()
        else:
            ticket = tickets.exclude(number=None).order_by("-created_at", "-pk").first()
        if ticket is None:
            form.add_error("ticket", _("There is no such ticket that you see."))
            return
    for code in LANGUAGES:
        try:
            letter = letter_for(_outgoing(kind, ticket, by.person), doors=False, text=typed, language=code, brand=brand)
        except Untellable:
            form.add_error("ticket", _("This ticket has nothing that such a mail could tell."))
            return
        yield {"language": _NATIVE[code], "code": code, "letter": letter, "html": with_pictures(letter)}


def _outgoing(kind: TextKind, ticket: Ticket | None, person: Person) -> Outgoing:
    """A mail of this kind that nobody will get: about the ticket, else to the author themselves."""
    reader = ticket.requester if ticket is not None else person
    found = Outgoing(
        kind=_OF_OUTGOING[kind.key],
        ticket=ticket,
        person=reader,
        address=reader.email or "reader@example.org",
        mailbox=mailbox_of(ticket),
        context={"by": f"person:{person.pk}"},
    )
    match kind.key:
        case "reply":
            assert ticket is not None
            said = Message.objects.filter(ticket=ticket, audience=Message.Audience.REQUESTER, redacted_at=None)
            found.message = said.order_by("-pk").first()
            if found.message is None:
                raise Untellable("nothing was written")
        case "reminder":
            found.context["resolves"] = (timezone.now() + timedelta(days=life_cycle().resolve)).isoformat()
        case "unanswered":
            found.context["unanswered"] = True
        case "question":
            found.context["fields"] = [row.name for row in usable(ENTITY, "", staff=False)[:3]]
        case "news" | "ended":
            found.context |= {"title": _("No network in the warehouse"), "what": kind.key, "text": _("We are on it.")}
    return found

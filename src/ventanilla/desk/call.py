"""Registering a phone call: who calls, whether it is about one of their open tickets, else three fields."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ventanilla.core.addresses import reverse
from ventanilla.core.htmlclean import text_to_html
from ventanilla.desk.access import author_of, desk_page, person_of
from ventanilla.people.actions import create_person, identify_for
from ventanilla.people.addresses import normal_email, normal_phone
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.queries import find_callers, known_to, organization_by_id
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.calls import register_call
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import open_tickets_of, ticket_for
from ventanilla.tickets.spending import MOST_SECONDS
from ventanilla.ui.htmx import is_part

SHOWN = 12
SHOWN_TICKETS = 8
_LONGEST = 120


class CallForm(forms.Form):
    """What was said. In a ticket that is open already there is no subject; a new caller has a name and how to reach
    them."""

    name = forms.CharField(max_length=160, label=gettext_lazy("Name of the caller"))
    contact = forms.CharField(max_length=254, required=False, label=gettext_lazy("Phone number or e-mail address"))
    subject = forms.CharField(
        max_length=250,
        label=gettext_lazy("Subject"),
        error_messages={"required": gettext_lazy("Say in one line what it is about.")},
    )
    body = forms.CharField(
        required=False,
        max_length=100_000,
        label=gettext_lazy("What was said"),
        widget=forms.Textarea({"rows": 6}),
        error_messages={"required": gettext_lazy("Write down what was said.")},
    )
    minutes = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_SECONDS // 60,
        label=gettext_lazy("Minutes"),
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )
    resolved = forms.BooleanField(required=False, label=gettext_lazy("Resolved during the call"))

    def __init__(self, *args: Any, caller: Person | None, ticket: Ticket | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if caller is not None:
            del self.fields["name"], self.fields["contact"]
        if ticket is not None:
            del self.fields["subject"]
            self.fields["body"].required = True
        first = next(iter(self.fields.values()))
        first.widget.attrs["autofocus"] = ""

    def clean_contact(self) -> str:
        """A number or an address, or nothing: somebody may call from the corridor."""
        contact: str = self.cleaned_data["contact"].strip()
        if contact and not normal_email(contact) and not normal_phone(contact):
            raise ValidationError(_("Write a phone number or an e-mail address."))
        return contact


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def call(request: HttpRequest) -> HttpResponseBase:
    """Who calls (`q`), then what it is about (`caller`, or `name` of somebody new; `ticket`: one of theirs).

    `number=` looks a caller up by their number and goes straight to them when it is nobody else's: for telephones that
    open a page. 422 with everything that was typed when something is wrong.
    """
    by, person = author_of(request), person_of(request)
    by.require(Right.OPEN_FOR_OTHERS)
    known = known_to(viewer(person))
    text = (request.GET.get("number") or request.GET.get("q", ""))[:_LONGEST].replace("\x00", "").strip()
    caller = known.filter(pk=_number(request.GET.get("caller", ""))).first()
    if "caller" in request.GET and caller is None:
        raise Http404
    if caller is None and "name" not in request.GET:
        return _who(request, text)
    ticket = ticket_for(person, request.GET["ticket"]) if request.GET.get("ticket") else None
    if ticket is not None and (caller is None or ticket.requester_id != caller.pk):
        raise Http404
    posted = request.POST if request.method == "POST" else None
    name = request.GET.get("name", "")
    initial = {"contact": name} if normal_email(name) or normal_phone(name) else {"name": name}
    form = CallForm(posted, caller=caller, ticket=ticket, initial=initial)
    if posted is not None and form.is_valid():
        made = _register(form, by, caller, ticket)
        if made is not None:
            return HttpResponseRedirect(reverse("desk-ticket", args=[made.number]))
    theirs = open_tickets_of(caller, person, SHOWN_TICKETS) if caller is not None and ticket is None else ()
    context = {
        "form": form,
        "caller": _line(caller) if caller is not None else None,
        "ticket": ticket,
        "theirs": [
            {
                "number": row.number,
                "subject": row.subject,
                "category": row.category_of_status.key,
                "status": str(row.status),
                "at": row.updated_at,
                "url": f"{reverse('desk-call')}?caller={row.requester_id}&{urlencode({'ticket': str(row)})}",
            }
            for row in theirs
        ],
        "here": request.get_full_path(),
    }
    return render(request, "desk/call.html", context, status=422 if form.errors else 200)


def _who(request: HttpRequest, text: str) -> HttpResponseBase:
    """The first question, and who fits what was typed so far."""
    found = find_callers(known_to(viewer(person_of(request))), text, most=SHOWN) if text else ()
    if request.GET.get("number") and len(found) == 1:
        return HttpResponseRedirect(f"{reverse('desk-call')}?{urlencode({'caller': found[0].pk})}")
    context = {
        "q": text,
        "callers": [_line(person) for person in found],
        "new_url": f"{reverse('desk-call')}?{urlencode({'name': text})}",
    }
    return render(request, "desk/callers.html" if is_part(request, "v-callers") else "desk/who_calls.html", context)


def _line(person: Person) -> dict[str, Any]:
    return {
        "name": person.display_name,
        "phone": person.phone,
        "email": person.email or "",
        "organization": str(organization_by_id(person.organization_id) or ""),
        "place": person.location,
        "url": f"{reverse('desk-call')}?{urlencode({'caller': person.pk})}",
    }


def _register(form: CallForm, by: Author, caller: Person | None, ticket: Ticket | None) -> Ticket | None:
    """The ticket with the call in it, or None with what is wrong noted in the form."""
    values = form.cleaned_data
    minutes = values.get("minutes")
    try:
        return register_call(
            by=by,
            caller=caller or _new_caller(values["name"], values["contact"], by),
            ticket=ticket,
            subject=values.get("subject", ""),
            content=Content.of_rich_text(text_to_html(values["body"])),
            seconds=minutes * 60 if minutes is not None else None,
            resolved=values["resolved"],
        )
    except ValidationError as error:
        form.add_error(None, error if not hasattr(error, "error_dict") else ValidationError(error.messages))
        return None


def _new_caller(name: str, contact: str, by: Author) -> Person:
    """The person of a new name: who has the address already, else somebody new."""
    # Knowing a name is enough to note down what they say; managing people is another matter.
    trusted = Author(by.actor, by.person, trusted=True)
    address = normal_email(contact)
    if address:
        return identify_for(by, address=address, name=name)
    return create_person(by=trusted, name=name, phone=contact)


def _number(text: str) -> int:
    return int(text[:18]) if text.isascii() and text.isdigit() else 0

"""What a ticket lacks, asked of whoever takes part in it: on its page, and on one of its own that a mail leads to."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from ventanilla.people.author import Author
from ventanilla.portal.forms import MissingForm
from ventanilla.portal.opened import Opened
from ventanilla.tickets.asking import asks_now, give_missing, question_of
from ventanilla.tickets.custom import ENTITY
from ventanilla.ui.custom_fields import typed_values


def asked_for(opened: Opened) -> dict[str, Any]:
    """The form for the page of a ticket that waits for just this; nothing for any other."""
    return {"data": _context(opened, _form(opened, None))} if asks_now(opened.ticket) else {}


def give_data(request: HttpRequest, opened: Opened) -> HttpResponse:
    """The form, or what there is to say when nothing is missing; sent, it fills the fields in. 422 keeps what was
    typed. What somebody else has filled in meanwhile stays as it is and is not asked for any more.
    """
    form = _form(opened, request.POST if request.method == "POST" else None)
    if request.method == "POST" and not form.custom_rows:
        return HttpResponseRedirect(opened.address("data"))  # which says why nothing is asked any more
    if request.method == "POST" and form.is_valid():
        try:
            give_missing(by=Author.of(opened.person), ticket=opened.ticket, values=form.custom_values())
        except ValidationError as error:
            named = hasattr(error, "error_dict") and error.error_dict.keys() <= form.fields.keys()
            form.add_error(None, error if named else error.messages)
        else:
            if opened.by_link:
                return HttpResponseRedirect(opened.address("data"))  # which says that nothing is missing any more
            messages.success(request, _("Thank you: we have what we need and go on."))
            return HttpResponseRedirect(opened.page_url)
    context = {"shell": opened.shell, "opened": opened, "ticket": opened.ticket, "data": _context(opened, form)}
    return render(request, "portal/data.html", context, status=422 if form.errors else 200)


def draw_data_fields(request: HttpRequest, opened: Opened) -> HttpResponse:
    """The fields of the form, drawn anew: a value may bring others."""
    form = _form(opened, None, initial=typed_values(ENTITY, request.GET))
    return render(request, "portal/new_fields.html", {"custom": form.custom_fields()})


def _form(opened: Opened, posted: QueryDict | None, **more: Any) -> MissingForm:
    again_url = opened.address("data-fields")
    return MissingForm(
        posted, question=question_of(opened.ticket), standing=opened.ticket.custom, again_url=again_url, **more
    )


def _context(opened: Opened, form: MissingForm) -> dict[str, Any]:
    return {"form": form, "fields": form.custom_fields(), "url": opened.address("data")}

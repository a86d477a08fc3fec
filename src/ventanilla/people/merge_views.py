"""Making two records of one person one, and two again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.core.addresses import reverse
from ventanilla.people.actions import person_at
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted, save
from ventanilla.people.merging import counted, merge_persons, unmerge_persons
from ventanilla.people.queries import merge_with, person_with
from ventanilla.people.rights import Right


class IntoForm(forms.Form):
    """The address of the person who stays."""

    into = forms.CharField(
        max_length=254,
        label=gettext_lazy("Address of the person who stays"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def clean_into(self) -> Any:
        """The person behind the address."""
        found = person_at(self.cleaned_data["into"])
        if found is None:
            raise forms.ValidationError(_("Nobody has this address."))
        return found


@managed(Right.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Choose who stays, see what would move, and with `carry` do it."""
    row = person_with(pk)
    form = IntoForm(posted(request))
    context: dict[str, Any] = {
        "form": form,
        "title": _("Merge %(name)s into another person") % {"name": row.display_name},
        "text": _("For somebody who is here twice. What is theirs becomes the other's, and can be given back."),
        "crumbs": [
            {"label": _("People"), "url": reverse("people")},
            {"label": row.display_name, "url": reverse("person", args=[row.pk])},
        ],
    }
    if request.method == "POST" and form.is_valid():
        into = form.cleaned_data["into"]
        if "carry" not in request.POST:
            context |= {"into": into, "counted": counted(row, into), "person": row}
            return render(request, "people/merge.html", context)
        if save(form, lambda values: merge_persons(by=by, person=row, into=into)):
            messages.success(request, _("%(name)s has all of it now.") % {"name": into.display_name})
            return redirect("person", pk=into.pk)
    return render(request, "people/merge.html", context, status=422 if form.errors else 200)


@managed(Right.PEOPLE)
@require_POST
def undo(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Give back what a merge moved."""
    found = merge_with(pk)
    if found is None:
        raise Http404
    try:
        row = unmerge_persons(by=by, merge=found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("person", pk=found.into_id)
    messages.success(request, _("%(name)s is one by themselves again.") % {"name": row.display_name})
    return redirect("person", pk=row.pk)

"""One's own API tokens: see them, make one (shown once), revoke one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.api.actions import create_token, revoke_token
from ventanilla.api.models import Token
from ventanilla.api.scopes import EVERYTHING, SCOPES
from ventanilla.people.author import Author
from ventanilla.people.forms import Ticks
from ventanilla.people.views import frame, signed_in

_MOST_TOKENS = 50


class TokenForm(forms.Form):
    """What a new token is for, and what it may do."""

    name = forms.CharField(
        max_length=80,
        label=gettext_lazy("What is it for?"),
        help_text=gettext_lazy("The program that will use it: so you know later which one to revoke."),
    )
    scopes = forms.MultipleChoiceField(
        choices=[*SCOPES.items(), (EVERYTHING, gettext_lazy("Everything I may do, also what is added later"))],
        widget=Ticks,
        label=gettext_lazy("What may it do?"),
        help_text=gettext_lazy("Only what the program needs: so a token that gets into wrong hands does less harm."),
        error_messages={"required": gettext_lazy("Choose what the token may do.")},
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list, and the form that makes another one. The new token stands in this one answer and nowhere else."""
    person = signed_in(request)
    form = TokenForm(request.POST or None)
    rows = Token.objects.filter(person=person, revoked_at=None).order_by("-created_at", "-pk")
    context: dict[str, Any] = frame(request, person)
    if request.method == "POST" and form.is_valid():
        if rows.count() >= _MOST_TOKENS:
            form.add_error(None, _("You have as many tokens as one may have. Revoke one first."))
        else:
            context["fresh"] = create_token(by=Author.of(person), person=person, **form.cleaned_data)
            form = TokenForm()
    context |= {"form": form, "tokens": [{"row": row, "scopes": scope_labels(row.scopes.split())} for row in rows]}
    return render(request, "api/tokens.html", context, status=422 if form.errors else 200)


def scope_labels(scopes: list[str]) -> list[str]:
    """What a token may do, in the reader's language."""
    return [_("Everything you may do") if scope == EVERYTHING else str(SCOPES.get(scope, scope)) for scope in scopes]


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own tokens at once."""
    person = signed_in(request)
    row = Token.objects.filter(pk=pk, person=person).first()
    if row is None:
        raise Http404
    revoke_token(by=Author.of(person), token=row)
    messages.success(request, _("The token is revoked."))
    return redirect("tokens")

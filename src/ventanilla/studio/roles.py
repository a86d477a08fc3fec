"""The matrix of permissions: roles beside each other, a tick for each right."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ventanilla.core.addresses import reverse
from ventanilla.fields.section_actions import change_row
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted, save
from ventanilla.people.models import Role
from ventanilla.people.queries import people_by_role
from ventanilla.people.rights import Right
from ventanilla.people.sections import RIGHTS, ROLES
from ventanilla.studio.queries import rows_of
from ventanilla.studio.rows import said


class RightsForm(forms.Form):
    """A tick for each right of each role; where the author has no right to give, the tick stands fast."""

    def __init__(self, *args: Any, roles: list[Role], by: Author, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = roles
        for role in roles:
            for right, label in RIGHTS.items():
                self.fields[_cell(role, right)] = forms.BooleanField(
                    required=False,
                    initial=right in role.rights,
                    disabled=not by.may(right) or any(not by.may(Right(other)) for other in role.rights),
                    label=f"{role}: {label}",
                )

    def table(self) -> list[dict[str, Any]]:
        """The rights, each with its ticks."""
        return [
            {"label": label, "cells": [{"role": str(role), "field": self[_cell(role, right)]} for role in self.roles]}
            for right, label in RIGHTS.items()
        ]

    def rights_of(self, role: Role) -> list[str]:
        """What was ticked for a role."""
        return [str(right) for right in RIGHTS if self.cleaned_data[_cell(role, right)]]


def _cell(role: Role, right: Right) -> str:
    return f"{role.key}:{right}"


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def matrix(request: HttpRequest, by: Author) -> HttpResponse:
    """All roles in use beside each other, changed at once."""
    by.require(Right.PEOPLE)
    roles: list[Role] = [row for row in rows_of(ROLES) if row.archived_at is None]
    form = RightsForm(posted(request), roles=roles, by=by)

    @transaction.atomic
    def write(_values: dict[str, Any]) -> bool:
        for role in roles:
            if form.rights_of(role) != list(role.rights):
                change_row(by=by, section=ROLES, row=role, label=role.label, rights=form.rights_of(role))
        return True

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("role-matrix")
    people, scope = people_by_role(), ROLES.attribute("scope")
    assert scope is not None
    context = {
        "form": form,
        "title": str(ROLES.title),
        "text": str(ROLES.text),
        "crumbs": [
            {"label": _("Settings"), "url": reverse("settings")},
            {"label": _("People and teams"), "url": reverse("settings-subject", args=["people"])},
        ],
        "action": {"label": str(ROLES.new), "url": ROLES.new_url, "icon": "plus"},
        "beside": {"label": _("Order and archive"), "url": ROLES.list_url},
        "roles": [
            {"label": str(r), "url": ROLES.url_of(r.pk), "sees": said(scope, r), "people": people.get(r.pk, 0)}
            for r in roles
        ],
    }
    return render(request, "studio/roles.html", context, status=422 if form.errors else 200)

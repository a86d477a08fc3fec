"""A ticket opened by an agent for somebody else: from a call, from the counter, from a corridor."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.htmlclean import text_to_html
from ventanilla.desk.access import author_of, desk_page, person_of
from ventanilla.desk.panel import known_person, read_moment, read_person
from ventanilla.fields.definitions import usable
from ventanilla.fields.registry import spec_of
from ventanilla.files.actions import TooLarge, upload
from ventanilla.files.models import Upload
from ventanilla.files.queries import take_uploads
from ventanilla.people.author import Author
from ventanilla.people.custom import ADDRESSES, named_value
from ventanilla.people.models import Person
from ventanilla.people.queries import agent_by_id
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.names import field_label
from ventanilla.tickets.spec import path_label
from ventanilla.tickets.views import too_large
from ventanilla.tickets.vocabulary import Words, words_for
from ventanilla.ui.custom_fields import CustomFieldsForm, drawn_again, typed_values

MOST_FILES = 20
# Drawn first; the rest waits behind «More details».
FIRST = ("requester", "type", "subject", "body", "team", "assignee")
_ROWS = ("type", "team", "priority", "service", "category", "impact", "urgency")
# What a department may own: offered to whoever works there.
_OWNED = ("type", "service", "category")
_PERSONS = ("requester", "affected", "assignee")


class NewTicket(CustomFieldsForm):
    """The form. Fields with a single possible value are not there; values are keys, ids or addresses. Custom fields
    are those of the chosen type."""

    requester = forms.CharField(max_length=254)
    type = forms.CharField(max_length=60)
    subject = forms.CharField(max_length=250)
    body = forms.CharField(
        required=False, max_length=2_000_000, widget=forms.Textarea({"rows": 6, "data-editor": ""}), strip=False
    )
    team = forms.CharField(max_length=60, required=False)
    assignee = forms.CharField(max_length=20, required=False)
    priority = forms.CharField(max_length=60, required=False)
    phone = forms.BooleanField(required=False)
    affected = forms.CharField(max_length=254, required=False)
    service = forms.CharField(max_length=60, required=False)
    category = forms.CharField(max_length=60, required=False)
    impact = forms.CharField(max_length=60, required=False)
    urgency = forms.CharField(max_length=60, required=False)
    due_at = forms.CharField(max_length=40, required=False, widget=forms.DateTimeInput({"type": "datetime-local"}))
    tags = forms.CharField(max_length=400, required=False)
    restricted = forms.BooleanField(required=False)
    format = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None, *, by: Author, known: Words, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.by = by
        self.known = known
        self._departments = {None, *(viewer(by.person).departments if by.person else ())}
        labels = {
            "body": _("What happens"),
            "phone": _("It was a phone call"),
            "restricted": _("Restricted: only who takes part and the team see it"),
            "due_at": field_label("due_at"),
        }
        for name, made in self.fields.items():
            made.label = labels.get(name, field_label(name))
        self.fields["requester"].help_text = _(
            "A name, an address or a phone number; a new address makes a new person."
        )
        self.fields["requester"].error_messages["required"] = _("Say for whom the ticket is.")
        self.fields["subject"].error_messages["required"] = _("Say in one line what it is about.")
        self.fields["tags"].help_text = _("Separate several with commas.")
        if not by.may(Right.RESTRICT):
            del self.fields["restricted"]
        for name in _ROWS:
            self._choose_row(name)
        for name in _PERSONS:
            self._choose_person(name)
        if "type" in self.fields:
            self.fields["type"].widget.attrs |= drawn_again(reverse("desk-new-fields"))
        rows, again_url = usable(ENTITY, self._type_key(), staff=True), reverse("desk-new-fields")
        self.add_custom(rows, addresses=ADDRESSES, named=named_value, again_url=again_url)

    def _type_key(self) -> str:
        """The key of the type that is chosen now, else of the one that is offered first."""
        offered = [row.key for row in self.known.usable(self.known.types) if row.department_id in self._departments]
        chosen = str(self["type"].value() or "") if "type" in self.fields else ""
        return chosen if chosen in offered else next(iter(offered), "")

    def _rows(self, name: str) -> Mapping[int, Any]:
        plural = {"category": "categories", "priority": "priorities", "urgency": "urgencies"}.get(name, f"{name}s")
        rows: Mapping[int, Any] = getattr(self.known, plural)
        return rows

    def _choose_row(self, name: str) -> None:
        rows = self._rows(name)
        choices = [
            (row.key, path_label(rows, row) if hasattr(row, "parent_id") else str(row))
            for row in rows.values()
            if row.archived_at is None and (name not in _OWNED or row.department_id in self._departments)
        ]
        alone = len(choices) < 2 and (name not in ("service", "category") or not choices)
        if alone or name not in spec_of(ENTITY).by_key:
            del self.fields[name]
            return
        if name != "type":
            by_itself = pgettext("choice", "None") if name in ("service", "category") else _("Automatic")
            choices.insert(0, ("", by_itself))
        attributes = {"data-picker": ""} if len(choices) > 12 else {}
        self.fields[name].widget = forms.Select(attributes, choices=choices)

    def _choose_person(self, name: str) -> None:
        chosen = str(self[name].value() or "")
        empty = {"assignee": _("Automatic"), "affected": _("The requester"), "requester": ""}[name]
        choices = [("", empty)]
        if chosen:
            person: Person | None = None
            if chosen.isascii() and chosen.isdigit():
                pk = int(chosen[:18])
                person = agent_by_id(pk) if name == "assignee" else known_person(self.by, pk)
            choices.append((chosen, person.display_name if person else chosen))
        attributes = {
            "data-picker": "",
            "data-options-url": reverse("desk-agents" if name == "assignee" else "desk-people"),
            "data-placeholder": empty,
        }
        if name != "assignee":
            attributes["data-create"] = "email"
        if name == "requester":
            attributes["autofocus"] = ""
        self.fields[name].widget = forms.Select(attributes, choices=choices)

    def clean(self) -> dict[str, Any]:
        """Turn keys, ids and addresses into what the action wants; what is wrong is said at its field."""
        values = super().clean()
        for name in _ROWS:
            key = values.get(name)
            if not key:
                values[name] = None
                continue
            row = self.known.by_key(self._rows(name), key)
            if row is None or row.archived_at is not None:
                self.add_error(name, _("Choose one of the list."))
            values[name] = row
        try:
            values["due_at"] = read_moment("due_at", values.get("due_at") or "")
        except ValidationError as error:
            self.add_error(None, error)
        values["tags"] = [tag for tag in (values.get("tags") or "").split(",") if tag.strip()]
        return values

    def persons(self) -> dict[str, Person | None]:
        """Who is named. Makes the person of a new address, so it is called when everything else is right.

        Raises ValidationError, naming the field, when nobody fits.
        """
        found: dict[str, Person | None] = {}
        for name in ("assignee", "affected", "requester"):
            text = self.cleaned_data.get(name) or ""
            found[name] = read_person(name, text, by=self.by) if text else None
        return found

    @property
    def kind_fields(self) -> list[forms.BoundField]:
        """What it is and whose: one line of the form."""
        return [self[name] for name in self._of_the_desk()[:2]]

    @property
    def who_fields(self) -> list[forms.BoundField]:
        """Who takes care of it, where the first line has no room: another line of the form."""
        return [self[name] for name in self._of_the_desk()[2:]]

    def _of_the_desk(self) -> list[str]:
        return [name for name in ("type", "team", "assignee") if name in self.fields]

    @property
    def rest(self) -> list[forms.BoundField]:
        """The fields behind «More details», without the custom ones."""
        own = {row.name for row in self.custom_rows}
        return [self[name] for name in self.fields if name not in (*FIRST, "phone", "format", *own)]

    @property
    def must(self) -> list[forms.BoundField]:
        """The custom fields that a ticket needs."""
        return self.custom_fields(required=True)

    @property
    def may(self) -> list[forms.BoundField]:
        """The other custom fields, behind «More details»."""
        return self.custom_fields(required=False)

    @property
    def rest_has_errors(self) -> bool:
        """Whether the rest must be open because something there is wrong."""
        return any(bound.errors for bound in (*self.rest, *self.may))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def new(request: HttpRequest) -> HttpResponseBase:
    """The form, and the ticket it makes. 422 with everything that was typed when something is wrong."""
    by, person = author_of(request), person_of(request)
    known = words_for(viewer(person))
    by.require(Right.OPEN_FOR_OTHERS)
    initial = {name: request.GET[name] for name in ("requester", "subject") if name in request.GET}
    form = NewTicket(request.POST if request.method == "POST" else None, by=by, known=known, initial=initial)
    files, problems = _files(request, person) if request.method == "POST" else ([], [])
    if request.method == "POST" and form.is_valid() and not problems:
        made = _open(form, by, files)
        if made is not None:
            return HttpResponseRedirect(reverse("desk-ticket", args=[made.number]))
    for problem in problems:
        form.add_error(None, problem)
    context = {
        "form": form,
        "upload_url": reverse("upload"),
        "upload_max": settings.UPLOAD_MAX_BYTES,
        "attachments": [
            {"id": file.token, "name": file.name, "size": file.blob.size, "type": file.blob.content_type}
            for file in files
        ],
    }
    return render(request, "desk/new.html", context, status=422 if form.errors else 200)


@require_safe
@desk_page
def new_fields(request: HttpRequest) -> HttpResponseBase:
    """The custom fields of the type that has just been chosen, with what was typed into them."""
    by = author_of(request)
    by.require(Right.OPEN_FOR_OTHERS)
    initial = {"type": request.GET.get("type", ""), **typed_values(ENTITY, request.GET)}
    form = NewTicket(None, by=by, known=words_for(viewer(person_of(request))), initial=initial)
    return render(request, "desk/new_fields.html", {"form": form, "again": True})


def _files(request: HttpRequest, person: Person) -> tuple[list[Upload], list[str]]:
    """The files chosen so far: those sent before, and those that come with the form from a browser without scripts."""
    files = take_uploads(request.POST.getlist("attachments")[:MOST_FILES], person.pk)
    problems = []
    for given in request.FILES.getlist("files")[:MOST_FILES]:
        try:
            files.append(
                upload(
                    given.file,  # type: ignore[arg-type]
                    name=given.name or "file",
                    person_id=person.pk,
                    max_bytes=settings.UPLOAD_MAX_BYTES,
                )
            )
        except TooLarge as error:
            problems.append(too_large(error))
    return files, problems


def _open(form: NewTicket, by: Author, files: Sequence[Upload]) -> Ticket | None:
    """The new ticket, or None with what is wrong noted in the form."""
    values = form.cleaned_data
    body = values["body"] if values["format"] == "html" else text_to_html(values["body"])
    content = Content.of_rich_text(body, [File(file.blob, file.name, file.blob.content_type) for file in files])
    try:
        persons = form.persons()
        requester = persons["requester"]
        if requester is None:
            raise ValidationError({"requester": _("Say for whom the ticket is.")})
        return open_ticket(
            by=by,
            requester=requester,
            subject=values["subject"],
            content=content,
            # The words are the requester's; that an agent wrote them down, the author says.
            author_name=requester.display_name,
            author_address=requester.email or "",
            channel=Ticket.Channel.PHONE if values["phone"] else Ticket.Channel.DESK,
            type=values["type"],
            affected=persons["affected"],
            service=values["service"],
            category=values["category"],
            impact=values["impact"],
            urgency=values["urgency"],
            priority=values["priority"],
            team=values["team"],
            assignee=persons["assignee"],
            due_at=values["due_at"],
            restricted=values.get("restricted", False),
            tags=values["tags"],
            custom=form.custom_values(),
        )
    except ValidationError as error:
        form.add_error(None, error)
        return None

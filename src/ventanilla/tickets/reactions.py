"""What tickets themselves do when something happens to them: keep the search index true, inside the transaction."""

from collections.abc import Iterable, Sequence

from ventanilla.events.record import Cause, Happening
from ventanilla.installation.actions import bump_config_version
from ventanilla.search.actions import Document, put_all, regroup, remove, set_audience
from ventanilla.tickets.content import File
from ventanilla.tickets.custom import searched_texts
from ventanilla.tickets.models import Attachment, Message, Ticket
from ventanilla.tickets.searching import NOTED, audience_of
from ventanilla.tickets.survivors import with_merged
from ventanilla.tickets.vocabulary import ROWS, words

_INDEXED_WITH_AUDIENCE = frozenset({"department", "team", "organization", "restricted", "stage"})


def _rows(happening: Happening) -> tuple[Ticket, Message | None]:
    ticket = happening.rows.get("ticket")
    message = happening.rows.get("message")
    if ticket is None:
        ticket = Ticket.objects.get(pk=int(happening.event.topic.partition(":")[2]))
    if message is None and happening.event.data.get("message"):
        message = Message.objects.get(pk=happening.event.data["message"])
    return ticket, message


def note_used(happening: Happening, _cause: Cause) -> None:
    """Remember which rows of the vocabulary a ticket has named: from now on they are archived, never deleted."""
    data, known = happening.event.data, words()
    for name, choose in ROWS.items():
        pks = (data["state"][name],) if "state" in data else data.get("changes", {}).get(name, ())
        fresh = [row for pk in pks if (row := choose(known).get(pk)) is not None and row.used_at is None]
        for row in fresh:
            type(row)._default_manager.filter(pk=row.pk).update(used_at=happening.event.at)
            bump_config_version()


def index_opened(happening: Happening, _cause: Cause) -> None:
    """Make a new ticket findable: its number and subject, and its first message."""
    ticket, message = _rows(happening)
    texts = _ticket_texts(ticket)
    if message is not None:
        texts.append(_message_text(ticket, message, happening.rows.get("files")))
    put_all(texts)


def index_message(happening: Happening, _cause: Cause) -> None:
    """Make a new message findable by those who may read it."""
    ticket, message = _rows(happening)
    if message is not None:
        put_all([_message_text(ticket, message, happening.rows.get("files"))])


def index_shared(happening: Happening, _cause: Cause) -> None:
    """Let the whole desk find notes that a private department has shown it."""
    ticket, _message = _rows(happening)
    shared = Message.objects.filter(pk__in=happening.event.data["messages"]).prefetch_related("attachments")
    put_all([_message_text(ticket, message, None) for message in shared])


def reindex_changed(happening: Happening, _cause: Cause) -> None:
    """Follow a change of subject or of another text, or of who may see the ticket."""
    ticket, _message = _rows(happening)
    changed: Iterable[str] = happening.event.data.get("changes") or {}
    if happening.event.data.get("texts"):
        put_all(_ticket_texts(ticket))
        if not searched_texts(ticket, public=False):
            remove("fields", ticket.pk)
    if _INDEXED_WITH_AUDIENCE & set(changed):
        _set_audience(ticket)


def regroup_moved(happening: Happening, _cause: Cause) -> None:
    """Find the texts of a merge, of a split, or of what undoes one, in the ticket in which they stand now."""
    if happening.event.data["direction"] == "to":
        return  # one of the pair is enough
    moved = dict(Message.objects.filter(pk__in=happening.event.data["messages"]).values_list("pk", "ticket_id"))
    for ticket in Ticket.objects.filter(pk__in=set(moved.values())):
        keys = [pk for pk, place in moved.items() if place == ticket.pk]
        regroup(source="message", keys=keys, group_key=ticket.pk)
        regroup(source="ticket", keys=with_merged([ticket.pk]), group_key=ticket.pk)
        _set_audience(ticket)


def unindex_redacted(happening: Happening, _cause: Cause) -> None:
    """A redacted message is found no more."""
    remove("message", happening.event.data["message"])


def _set_audience(ticket: Ticket) -> None:
    public, internal = audience_of(ticket, public=True), audience_of(ticket, public=False)
    set_audience(ticket.pk, {"public": public, "internal": internal}, keep=NOTED)


def _ticket_texts(ticket: Ticket) -> list[Document]:
    """What is found of the ticket itself; texts of fields that only the desk knows are a document of their own."""
    text, internal = f"{ticket.number} {ticket.subject}", ""
    if ticket.custom:
        text = f"{text} {searched_texts(ticket, public=True)}".strip()
        internal = searched_texts(ticket, public=False)
    documents = [_document(ticket, "ticket", text, public=True)]
    return [*documents, _document(ticket, "fields", internal, public=False)] if internal else documents


def _document(ticket: Ticket, source: str, text: str, *, public: bool) -> Document:
    return Document(
        source=source,
        key=ticket.pk,
        group_key=ticket.pk,
        text=text,
        audience=audience_of(ticket, public=public),
        at=ticket.created_at,
    )


def _message_text(ticket: Ticket, message: Message, files: Sequence[File | Attachment] | None) -> Document:
    """What is found of a message: `files` are those at hand, `None` when they have to be asked for."""
    names = " ".join(file.name[:200] for file in (message.attachments.all() if files is None else files))
    return Document(
        source="message",
        key=message.pk,
        group_key=ticket.pk,
        text=f"{message.author_name} {message.text} {names}",
        audience=audience_of(ticket, public=message.public, noted_in=message.department_id),
        at=message.sent_at,
    )

"""What must not be seen, with words in it that stand nowhere else: a private department, and a foreign customer.

Every text of it holds the word `WORD`, so that searches and type-ahead fields would find it, and one of three marks.
"""

from dataclasses import dataclass

from tests.plugin import SETUP, make_person
from ventanilla.announcements.actions import Wording, post
from ventanilla.announcements.models import Announcement
from ventanilla.automation.actions import save_macro
from ventanilla.catalog.models import Service
from ventanilla.events.models import Event
from ventanilla.fields.effects import Effect
from ventanilla.fields.section_actions import create_row
from ventanilla.fields.sections import sections
from ventanilla.files.actions import store
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.actions import change_person, create_department, create_organization, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Organization, Person, Team
from ventanilla.saved_views.actions import create_view
from ventanilla.tickets import drafts
from ventanilla.tickets.actions import add_message, change, open_ticket
from ventanilla.tickets.checklists import Item, add_checklist
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.linking import link_tickets
from ventanilla.tickets.models import Activity, Attachment, Category, Message, Ticket, TicketType
from ventanilla.tickets.relations import BY_KEY
from ventanilla.tickets.spending import add_time
from ventanilla.tickets.tasks import add_task

WORD = "quinqué"
# Names of what the private department owns, what its tickets say, and all that belongs to the foreign customer.
NAME, TOLD, FAR = "zqname", "zqtold", "zqfar"


@dataclass
class Hidden:
    """`secret` are the parameters of addresses about the private department's ticket, `foreign` those about the
    customer's. `member` belongs to the private department, `limited` looks after another customer alone."""

    department: Department
    team: Team
    customer: Organization
    asker: Person
    member: Person
    limited: Person
    secret: dict[str, object]
    foreign: dict[str, object]


def hide(mine: Ticket, keeper: Team, customer: Organization) -> Hidden:
    """Make what is to be hidden. `mine` is an ordinary ticket that the private department had for a while before it
    came to `keeper`; `limited` looks after `customer`."""
    department = create_department(by=SETUP, key=f"{NAME}-department", label=_said(NAME, "department"), private=True)
    team = create_team(by=SETUP, key=f"{NAME}-team", label=_said(NAME, "team"), department=department)
    member = make_person("Helena Hidden", "supervisor", teams=[team])
    limited = make_person("Lola Limited", "agent", teams=[keeper])
    change_person(by=SETUP, person=limited, limited_to=[customer])
    far = create_organization(by=SETUP, name=f"{FAR} {WORD} Ltd", domains=[f"{FAR}.example"])
    asker = make_person(f"{FAR} {WORD} Asker", "requester", organization=far)
    rows = {model: _row(model, department) for model in (TicketType, Category, Service)}
    for text in ("canned-replies", "checklists"):
        more = {"html": {"en": f"<p>{NAME} {WORD}</p>"}} if text == "canned-replies" else {"items": _items()}
        create_row(by=SETUP, section=sections()[text], label=_said(NAME, text), team=team, **more)
    effects = [Effect("set", "team", team.key)]
    label = _said(NAME, "macro")
    save_macro(by=SETUP, macro=None, label=label, html={}, public=False, effects=effects, team=team, folder=NAME)
    view = create_view(
        by=SETUP, owner=member, label=_said(NAME, "view"), audience="team", team=team,
        condition=["team", "is", team.key],
    )  # fmt: skip
    wording = Wording(f"{NAME} {WORD} announced", audience=Announcement.Audience.DEPARTMENTS, departments=[department])
    post(by=SETUP, wording=wording, joinable=False)
    held = {"type": rows[TicketType], "category": rows[Category], "service": rows[Service]}
    secret = _ticket(TOLD, asker, member, team=team, **held) | {"view_key": view.key}
    foreign = _ticket(FAR, asker, keeper.members.order_by("pk")[0], team=keeper)
    foreign |= {"person": asker.pk, "organization": far.pk}
    number = secret["number"]
    link_tickets(by=SETUP, ticket=mine, other=Ticket.objects.get(number=number), relation=BY_KEY["blocks"])
    before = {name: getattr(mine, name) for name in held}
    change(by=SETUP, ticket=mine, team=team, **held)
    _note(mine, member, TOLD)
    change(by=Author.of(member), ticket=mine, team=keeper, **before)
    return Hidden(department, team, far, asker, member, limited, secret, foreign)


def _said(mark: str, what: str) -> dict[str, str]:
    return dict.fromkeys(("es", "en"), f"{mark} {WORD} {what}")


def _items() -> list[dict[str, object]]:
    return [{"label": _said(NAME, "item"), "before": ""}]


def _row(model, department: Department):
    more = {"prefix": "ZQ", "portal": False} if model is TicketType else {}
    name = model._meta.model_name
    row = model.objects.create(key=f"{NAME}-{name}", label=_said(NAME, name), department=department, **more)
    bump_config_version()
    return row


def _note(ticket: Ticket, person: Person, mark: str) -> Message:
    file = File(store(f"{mark} {WORD} file".encode(), name=f"{mark}.txt"), f"{mark}.txt", "text/plain")
    return add_message(
        by=Author.of(person), ticket=ticket, content=Content.of_text(f"{mark} {WORD} note", [file]),
        audience=Message.Audience.STAFF, channel=Ticket.Channel.DESK,
    )  # fmt: skip


def _ticket(mark: str, requester: Person, agent: Person, **more) -> dict[str, object]:
    """A ticket with everything in it; what addresses about it name."""
    ticket = open_ticket(
        by=SETUP, requester=requester, subject=f"{mark} {WORD} subject", content=Content.of_text(f"{mark} {WORD} text"),
        channel=Ticket.Channel.MAIL, assignee=agent, tags=[f"{mark} tag"], **more,
    )  # fmt: skip
    author = Author.of(agent)
    note = _note(ticket, agent, mark)
    html = f"<p>{mark} {WORD} draft</p>"
    draft = drafts.save_draft(by=author, ticket=ticket, audience=Message.Audience.STAFF, html=html)
    change(by=author, ticket=ticket, subject=f"{mark} {WORD} subject again")
    checklist = add_checklist(by=author, ticket=ticket, title=f"{mark} {WORD} list", items=[Item(f"{mark} item")])
    task = add_task(by=author, ticket=ticket, title=f"{mark} {WORD} task", owner=agent)
    activity = Activity.objects.order_by("pk").first()
    entry = add_time(by=SETUP, person=agent, ticket=ticket, seconds=60, activity=activity, note=f"{mark} {WORD} time")
    other = open_ticket(
        by=SETUP, requester=requester, subject=f"{mark} {WORD} other", content=Content.of_text(mark),
        channel=Ticket.Channel.MAIL, **more,
    )  # fmt: skip
    link = link_tickets(by=SETUP, ticket=ticket, other=other, relation=BY_KEY["related"])
    return {
        "number": ticket.number,
        "message": note.pk,
        "attachment": Attachment.objects.get(message=note).pk,
        "draft": draft.pk,
        "event": Event.objects.filter(topic=ticket.topic, kind="ticket.changed").last().pk,
        "checklist": checklist.pk,
        "task": task.pk,
        "entry": entry.pk,
        "link": link.pk,
    }

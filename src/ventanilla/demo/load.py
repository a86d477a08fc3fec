"""Loading the demo: the same actions as everybody's, with past dates and without a mail to anybody."""

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from ventanilla.catalog import sections as catalog
from ventanilla.catalog.models import Service
from ventanilla.demo.agreements import agree
from ventanilla.demo.checklists import ARRIVAL
from ventanilla.demo.people import ADDRESS, AGENTS, COMPANY, CUSTOMERS, DOMAIN, REQUESTERS, SERVICES
from ventanilla.demo.replies import REPLIES
from ventanilla.demo.scenes import PLACES_EN, PLACES_ES, SCENES, SPECIAL_SCENES, Scene
from ventanilla.fields.section_actions import create_row
from ventanilla.mail.actions import save_mailbox
from ventanilla.mail.models import Mailbox
from ventanilla.people.actions import (
    change_installation,
    change_organization,
    create_department,
    create_organization,
    create_person,
    create_team,
)
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Organization, Person, Role, Team
from ventanilla.search.stem import fold
from ventanilla.tickets.actions import add_message, change, open_ticket
from ventanilla.tickets.checklists import add_from_template
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import ChecklistTemplate, Message, StatusCategory, Ticket
from ventanilla.tickets.sections import CANNED_REPLIES
from ventanilla.tickets.spending import add_time
from ventanilla.tickets.tasks import add_task, set_done
from ventanilla.tickets.time_queries import offered_activities
from ventanilla.tickets.vocabulary import words
from ventanilla.tickets.work_sections import CHECKLISTS

Size = Literal["small", "full"]
SignIn = tuple[str, str, str]
DEMO = Author.system("demo")
_SEED = 2026


@dataclass(frozen=True)
class _Cast:
    agents: Sequence[Person]
    requesters: Sequence[Person]
    services: dict[str, Service]


def load_demo(size: Size, *, say: Callable[[str], object] = print) -> list[SignIn]:
    """Load the demo company; returns sign-ins as (role, address, password). Passwords are random.

    `small`: one team of 3, 40 tickets. `full`: 2 departments, 4 levels, 12 agents, 60 requesters, 3 customers,
    400 tickets over 90 days. `wipe_demo` takes it away again.
    """
    chance = random.Random(_SEED)  # noqa: S311 - the same believable company every time; nothing secret comes from it
    now = timezone.now().replace(second=0, microsecond=0)
    change_installation(by=DEMO, name=COMPANY, demo=True)
    own = Organization.objects.filter(own=True).order_by("pk").first()
    if own is not None:
        change_organization(by=DEMO, organization=own, name=COMPANY, domains=[DOMAIN])
    teams = _teams(size)
    cast, sign_ins = _people(size, teams, now)
    _mailbox(teams["n1"])
    arrival = create_row(by=DEMO, section=CHECKLISTS, label=ARRIVAL[0], items=ARRIVAL[1])
    for label, html in REPLIES:
        create_row(by=DEMO, section=CANNED_REPLIES, label=label, html=html)
    agree(by=DEMO, teams=teams, since=now - timedelta(days=120))
    count, days = (40, 14) if size == "small" else (400, 90)
    moments = sorted(now - timedelta(seconds=chance.triangular(600, days * 86400, 4 * 86400)) for _ in range(count))
    scenes = SCENES if size == "small" else (*SCENES, *SPECIAL_SCENES)
    order = [scenes[(number * 8) % len(scenes)] for number in range(1, count + 1)]
    for number, (scene, moment) in enumerate(zip(order, moments, strict=True), start=1):
        _play(chance, cast, scene, _working(moment), now, arrival)
        if number % 100 == 0:
            say(f"  {number} of {count} tickets")
    return sign_ins


def _teams(size: Size) -> dict[str, Team]:
    first = Team.objects.order_by("id").first()
    if first is None:
        raise RuntimeError("the desk was not set up: run `ventanilla migrate`")
    teams = {"n1": first}
    if size == "small":
        return teams
    department = first.department
    for key, es, en, level in (
        ("n2", "Soporte N2", "Support N2", 2),
        ("n3", "Sistemas N3", "Systems N3", 3),
        ("n4", "Proveedor N4", "Supplier N4", 4),
    ):
        teams[key] = create_team(by=DEMO, key=key, label={"es": es, "en": en}, department=department, level=level)
    facilities: Department = create_department(
        by=DEMO, key="facilities", label={"es": "Mantenimiento", "en": "Facilities"}
    )
    teams["facilities"] = create_team(
        by=DEMO, key="facilities", label={"es": "Mantenimiento", "en": "Facilities"}, department=facilities
    )
    return teams


def _address(name: str, domain: str) -> str:
    parts = [part for part in fold(name).replace(".", "").replace("'", "").split() if part not in ("de", "los", "i")]
    return f"{parts[0]}.{parts[1] if len(parts) > 1 else 'info'}@{domain}"


def _people(size: Size, teams: dict[str, Team], now: datetime) -> tuple[_Cast, list[SignIn]]:
    roles = {role.key: role for role in Role.objects.all()}
    since = now - timedelta(days=120)
    agents, sign_ins = [], []
    listed = AGENTS if size == "full" else (AGENTS[0], AGENTS[1], AGENTS[2])
    for name, role, keys in listed:
        password = secrets.token_urlsafe(9)
        address = _address(name, DOMAIN)
        agents.append(
            create_person(
                by=DEMO, name=name, email=address, role=roles[role], teams=[teams[key] for key in keys if key in teams],
                password_hash=make_password(password), language="en" if name.startswith("Hannah") else "es",
                verified=True, at=since, quiet=True,
            )
        )  # fmt: skip
        sign_ins.append((role, address, password))
    requesters = []
    for position, name in enumerate(REQUESTERS if size == "full" else REQUESTERS[:10]):
        password = secrets.token_urlsafe(9) if position == 0 else ""
        person = create_person(
            by=DEMO, name=name, email=_address(name, DOMAIN), phone=f"948 555 {100 + position}",
            password_hash=make_password(password) if password else "", language="es", verified=True, at=since,
            location="Sede central" if position % 3 else "Oficina de Bilbao", quiet=True,
        )  # fmt: skip
        requesters.append(person)
        if password:
            sign_ins.append(("requester", person.email or "", password))
    for company, domain, names in CUSTOMERS if size == "full" else ():
        organization = create_organization(by=DEMO, name=company, domains=[domain])
        for position, name in enumerate(names):
            place = roles["requester-manager" if position == 0 else "requester"]
            requesters.append(
                create_person(
                    by=DEMO, name=name, email=_address(name, domain), role=place, organization=organization,
                    language="en" if "Brightwater" in company else "es", verified=True, at=since, quiet=True,
                )
            )  # fmt: skip
    services: dict[str, Service] = {}
    for key, es, en, parent in SERVICES:
        services[key] = create_row(
            by=DEMO, section=catalog.SERVICES, key=key, label={"es": es, "en": en}, parent=services.get(parent)
        )
    return _Cast(agents, requesters, services), sign_ins


def _mailbox(team: Team) -> None:
    mailbox = Mailbox.objects.filter(catch_all=True).first()
    save_mailbox(by=DEMO, mailbox=mailbox, address=ADDRESS, name=f"Soporte · {COMPANY}", team=team)


def _working(moment: datetime) -> datetime:
    """The same day at a time when people write, weekends moved to Monday."""
    if moment.weekday() >= 5:
        moment -= timedelta(days=moment.weekday() - 4)
    return moment.replace(hour=7 + moment.minute % 9)


def _play(
    chance: random.Random, cast: _Cast, scene: Scene, at: datetime, now: datetime, arrival: ChecklistTemplate
) -> None:
    at = min(at, now - timedelta(minutes=20))
    fitting = [p for p in cast.requesters if (p.language or "es") == scene.language] or list(cast.requesters)
    requester = chance.choice(fitting)
    known = words()
    place = chance.choice(PLACES_ES if scene.language == "es" else PLACES_EN)
    filling = {
        "name": requester.name,
        "first": requester.name.split()[0] if not requester.name.startswith("Dr") else requester.name.split()[1],
        "place": place,
        "of_place": f"d{place}" if place.startswith("el ") else f"de {place}",
        "to_place": f"a{place[1:]}" if place.startswith("el ") else f"a {place}",
        "year": at.year + 1,
        "guests": chance.randint(6, 24),
    }
    channel = chance.choices(
        [Ticket.Channel.MAIL, Ticket.Channel.PORTAL, Ticket.Channel.PHONE, Ticket.Channel.DESK], [5, 3, 2, 1]
    )[0]
    opener = agent = chance.choice(_first_line(cast))
    if scene.team:
        agent = chance.choice([p for p in cast.agents if p.teams.filter(key=scene.team).exists()])
    team = agent.teams.order_by("level", "pk").first()
    by_agent = channel in (Ticket.Channel.PHONE, Ticket.Channel.DESK)
    ticket = open_ticket(
        by=Author.of(opener) if by_agent else Author.of(requester),
        requester=requester,
        subject=scene.subject.format(**filling),
        content=Content.of_text(scene.text.format(**filling)),
        channel=channel,
        type=known.by_key(known.types, scene.type),
        service=cast.services.get(scene.service),
        category=known.by_key(known.categories, scene.category),
        impact=known.by_key(known.impacts, scene.impact),
        urgency=known.by_key(known.urgencies, scene.urgency),
        tags=scene.tags,
        mailbox=ADDRESS if channel == Ticket.Channel.MAIL else "",
        author_name=requester.name,
        author_address=requester.email or "",
        at=at,
        quiet=True,
    )
    age = (now - at) / timedelta(days=1)
    finished = chance.random() < min(0.88, 0.1 + age / 12)
    untouched = not finished and chance.random() < 0.35
    moment = at
    if not untouched:
        if team is not None and team.pk != ticket.team_id:
            # Handed on to the level that can solve it.
            moment = min(at + timedelta(minutes=chance.randint(3, 40)), now - timedelta(minutes=3))
            change(by=DEMO, ticket=ticket, team=team, at=moment, quiet=True)
            ticket.refresh_from_db()
        lines = scene.talk if finished else scene.talk[: chance.randint(1, max(1, len(scene.talk)))]
        for line in lines:
            moment = min(moment + timedelta(minutes=chance.randint(6, 190)), now - timedelta(minutes=2))
            _say(ticket, line, filling, requester, agent, moment)
        _work(chance, ticket, scene, agent, arrival, finished=finished, moment=moment, now=now)
    _leave(chance, ticket, agent, finished=finished, untouched=untouched, moment=moment, now=now)


def _first_line(cast: _Cast) -> list[Person]:
    return [
        p for p in cast.agents if p.role.key in ("agent", "supervisor", "administrator") and "Proveedor" not in p.name
    ][:8]


def _say(ticket: Ticket, line: str, filling: dict[str, object], requester: Person, agent: Person, at: datetime) -> None:
    mark, text = line[0], line[2:].format(**filling)
    public = mark != "#"
    add_message(
        by=Author.of(requester if mark == "<" else agent),
        ticket=ticket,
        content=Content.of_text(text),
        audience=Message.Audience.REQUESTER if public else Message.Audience.STAFF,
        channel=Ticket.Channel.MAIL if mark == "<" else Ticket.Channel.DESK,
        at=at,
        quiet=True,
    )


def _work(
    chance: random.Random,
    ticket: Ticket,
    scene: Scene,
    agent: Person,
    arrival: ChecklistTemplate,
    *,
    finished: bool,
    moment: datetime,
    now: datetime,
) -> None:
    """What was to be done, and how long it took: a checklist for newcomers, a task now and then, and some time."""
    by = Author.of(agent)
    if "altas" in scene.tags:
        made = add_from_template(by=by, ticket=ticket, template=arrival, at=moment, quiet=True)
        rows = list(made.tasks.order_by("position"))
        for task in rows if finished else rows[:3]:
            set_done(by=by, task=task, done=True, at=moment, quiet=True)
    elif not finished and chance.random() < 0.3:
        due = (now + timedelta(days=chance.choice((-1, 0, 1, 2, 5)))).replace(hour=chance.choice((9, 11, 16)), minute=0)
        text = "Llamar para confirmar que funciona" if scene.language == "es" else "Call to make sure that it works"
        add_task(by=by, ticket=ticket, title=text, owner=agent, due_at=due, at=moment, quiet=True)
    if chance.random() < 0.6:
        activity = chance.choice(offered_activities())
        seconds = chance.choice((5, 10, 15, 20, 30, 45, 60, 90, 120)) * 60
        add_time(by=by, ticket=ticket, seconds=seconds, activity=activity, at=moment, quiet=True)


def _leave(
    chance: random.Random,
    ticket: Ticket,
    agent: Person,
    *,
    finished: bool,
    untouched: bool,
    moment: datetime,
    now: datetime,
) -> None:
    """Leave the ticket as such tickets are left: done, waiting, due soon, late, or untouched."""
    known = words()
    by = Author.of(agent)
    later = min(moment + timedelta(minutes=chance.randint(5, 120)), now - timedelta(minutes=1))
    if finished:
        change(by=by, ticket=ticket, status=known.status_for(StatusCategory.RESOLVED), at=later, quiet=True)
        if later < now - timedelta(days=6):
            closed = known.status_for(StatusCategory.CLOSED)
            change(by=DEMO, ticket=ticket, status=closed, at=later + timedelta(days=5), quiet=True)
        return
    hours = chance.choice((-30, -5, -1, 1, 2, 4, 7, 20, 28, 50, 76, 120))
    due = (now + timedelta(hours=hours)).replace(minute=chance.choice((0, 15, 30, 45)))
    if untouched:
        if chance.random() < 0.6:
            change(by=DEMO, ticket=ticket, due_at=due, at=later, quiet=True)
        return
    if chance.random() < 0.35:
        reason = chance.choice(known.usable(known.reasons)[:3])
        pending = known.status_for(StatusCategory.PENDING)
        change(by=by, ticket=ticket, status=pending, pending_reason=reason, at=later, quiet=True)
        return
    change(by=by, ticket=ticket, due_at=due, at=later, quiet=True)

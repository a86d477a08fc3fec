"""The closed vocabulary of rights and scopes, and the six roles every installation begins with. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What a role may do. Code asks for rights, never for roles."""

    DESK = "desk"
    REPLY = "ticket.reply"
    NOTE = "ticket.note"
    CHANGE = "ticket.change"
    OPEN = "ticket.open"
    OPEN_FOR_OTHERS = "ticket.open_for_others"
    REDACT = "ticket.redact"
    RESTRICT = "ticket.restrict"
    HOURS = "hours.manage"
    QUARANTINE = "mail.quarantine"
    OUTBOX = "mail.outbox"
    PEOPLE = "people.manage"
    SETTINGS = "settings.manage"


class Scope(StrEnum):
    """Whose tickets a role sees, before a ticket's own participants are added."""

    OWN = "own"
    ORGANIZATION = "organization"
    DEPARTMENTS = "departments"
    ALL = "all"


@dataclass(frozen=True)
class BuiltInRole:
    """A role that a new installation starts with."""

    key: str
    label: dict[str, str]
    scope: Scope
    rights: tuple[Right, ...]


_AGENT = (Right.DESK, Right.REPLY, Right.NOTE, Right.CHANGE, Right.OPEN, Right.OPEN_FOR_OTHERS)
_SUPERVISOR = (*_AGENT, Right.REDACT, Right.RESTRICT, Right.HOURS, Right.QUARANTINE, Right.OUTBOX)

BUILT_IN_ROLES = (
    BuiltInRole("administrator", {"es": "Administrador", "en": "Administrator"}, Scope.ALL, tuple(Right)),
    BuiltInRole("supervisor", {"es": "Coordinador", "en": "Supervisor"}, Scope.DEPARTMENTS, _SUPERVISOR),
    BuiltInRole("agent", {"es": "Agente", "en": "Agent"}, Scope.DEPARTMENTS, _AGENT),
    BuiltInRole(
        "read-only-agent", {"es": "Agente de solo lectura", "en": "Read-only agent"}, Scope.DEPARTMENTS, (Right.DESK,)
    ),
    BuiltInRole("requester", {"es": "Solicitante", "en": "Requester"}, Scope.OWN, (Right.OPEN,)),
    BuiltInRole(
        "requester-manager",
        {"es": "Responsable de organización", "en": "Requester manager"},
        Scope.ORGANIZATION,
        (Right.OPEN,),
    ),
)
ROLE_KEYS = tuple(role.key for role in BUILT_IN_ROLES)
REQUESTER_KEYS = ("requester", "requester-manager")

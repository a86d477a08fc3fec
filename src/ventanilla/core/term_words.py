"""What an installation may call otherwise, and the words it may choose: the data of `terms.py`.

A word is offered only where every sentence of the catalog stays right with it: `tests/test_own_words.py` looks at each.
A word of another gender says in `far` what agrees with it from further away.
"""

from typing import Final

from ventanilla.core.terms import Noun, Term, Word

# Names of the product's own parts, and words by which settings are looked for, that stay whatever things are called.
_SEARCHED_FOR = frozenset(
    {
        "person user agent requester organization customer import",
        "switch on off help desk service desk preset",
        "group queue level members",
        "area private",
        "words terms names organization customer company requester user ticket case agent help desk team area",
        "brand portal logo color colour theme footer page welcome host domain customer",
        "Narrow it down: status:open, from:ana, assignee:me, team:network, type:incident, tag:vpn, since:2026-01-31, "
        "-word.",
    }
)

# The company that runs the desk, and whoever is one's own: an organization, whatever the others are called.
_OWN_ORGANIZATION = frozenset(
    {
        "Categories, services, fields and replies for a kind of organization. You see what would change before "
        "anything does.",
        "Help me choose: what does your organization need?",
        "If the certificate is your organization's own, give its CA file.",
        "In PEM form, for servers whose certificate only your organization vouches for.",
        "Name of your organization",
        "Parts of your organization with queues of their own.",
        "The demo is gone and Ventanilla is yours. Give it the name of your organization.",
        "The server's certificate is not trusted (%(said)s). If only your organization vouches for it, add your CA.",
        "Then five questions follow, in this browser: your language, your organization, who you are, the mailbox and "
        "your colleagues.",
        "What does your organization need?",
        "What is your organization called?",
        "What recipients see as the sender. Empty: the name of the organization.",
        "the name of this organization",
        "Your own organization",
        "Your own organization cannot be archived.",
    }
)
# A customer's people do not speak of “their customer”.
_THEIR_ORGANIZATION = frozenset(
    {
        "As the organization",
        "How the portal, the sign-in and the mails look and what they say. A brand is found by the host name, then by "
        "the reader's organization; everybody else sees the general one.",
        "Logo, signature and texts of its mails, where the reader's organization has none.",
        "My organization's",
        "Those of their organization",
        "This stands for every organization there is. Write the ID of yours.",
    }
)

_ORGANIZATION = Term(
    key="organization",
    default=Word("organization", Noun("organization", "organizations"), Noun("organización", "organizaciones", "f")),
    words=(
        Word("customer", Noun("customer", "customers"), Noun("cliente", "clientes")),
        Word("company", Noun("company", "companies"), Noun("empresa", "empresas", "f")),
    ),
    en=(Noun("organization", "organizations"),),
    es=(Noun("organización", "organizaciones", "f"),),
    mark="organization",
    also=frozenset(
        {"No field yet: a customer number, a sector, who looks after it. The desk sees them beside every ticket."}
    ),
    kept=_SEARCHED_FOR | _OWN_ORGANIZATION,
    kept_in={"customer": _THEIR_ORGANIZATION},
    far={
        "An agent with a tick here sees the tickets of these organizations and no others.": (
            ("de ninguna otra", "de ningún otro"),
        ),
        "No field yet: a customer number, a sector, who looks after it. The desk sees them beside every ticket.": (
            ("quién la atiende", "quién lo atiende"),
        ),
    },
    still=frozenset({"Brand of an organization set"}),
)

_REQUESTER = Term(
    key="requester",
    default=Word("requester", Noun("requester", "requesters"), Noun("solicitante", "solicitantes")),
    words=(
        Word("user", Noun("user", "users"), Noun("usuario", "usuarios")),
        Word("customer", Noun("customer", "customers"), Noun("cliente", "clientes")),
        Word("employee", Noun("employee", "employees"), Noun("empleado", "empleados")),
        Word("citizen", Noun("citizen", "citizens"), Noun("ciudadano", "ciudadanos")),
    ),
    en=(Noun("requester", "requesters"), Noun("user", "users")),
    es=(Noun("solicitante", "solicitantes"), Noun("usuario", "usuarios")),
    mark="requester",
    also=frozenset(
        {
            "Affected person",
        }
    ),
    kept=_SEARCHED_FOR,
)

_AGENT = Term(
    key="agent",
    default=Word("agent", Noun("agent", "agents"), Noun("agente", "agentes")),
    words=(
        Word("technician", Noun("technician", "technicians"), Noun("técnico", "técnicos")),
        Word("operator", Noun("operator", "operators"), Noun("operador", "operadores")),
        Word("adviser", Noun("adviser", "advisers"), Noun("asesor", "asesores")),
    ),
    en=(Noun("agent", "agents"), Noun("technician", "technicians")),
    es=(Noun("agente", "agentes"), Noun("técnico", "técnicos")),
    mark="agent",
    also=frozenset(
        {
            "Assignee",
            "Everybody at the desk",
            "Show it to the whole desk, too",
            "What mails to people outside the desk say. What is not changed follows the product.",
            "With a technician",
            "nobody has it yet",
            "showed the desk an internal note",
        }
    ),
    kept=_SEARCHED_FOR,
)

_TICKET = Term(
    key="ticket",
    default=Word("ticket", Noun("ticket", "tickets"), Noun("ticket", "tickets")),
    words=(
        Word("case", Noun("case", "cases"), Noun("caso", "casos")),
        Word("case_file", Noun("case file", "case files"), Noun("expediente", "expedientes")),
    ),
    en=(Noun("ticket", "tickets"),),
    es=(Noun("ticket", "tickets"),),
    mark="ticket",
    kept=_SEARCHED_FOR,
)

_HELP_DESK = Term(
    key="help_desk",
    default=Word("help_desk", Noun("help desk", "help desks"), Noun("mesa de ayuda", "mesas de ayuda", "f")),
    words=(
        Word("service_desk", Noun("service desk", "service desks"), Noun("mesa de servicio", "mesas de servicio", "f")),
        Word("cau", Noun("user support desk", "user support desks"), Noun("CAU", "CAU")),
        Word("support", Noun("support desk", "support desks"), Noun("centro de soporte", "centros de soporte")),
    ),
    en=(Noun("help desk", "help desks"),),
    es=(
        Noun("mesa de ayuda", "mesas de ayuda", "f"),
        Noun("mesa de atención", "mesas de atención", "f"),
        Noun("mesa", "mesas", "f"),
    ),
    mark="desk",
    # The two presets of modules bear these names.
    kept=_SEARCHED_FOR | {"Help desk", "Service desk"},
    still=frozenset({"Person with rights at the desk created"}),
)

_TEAM = Term(
    key="team",
    default=Word("team", Noun("team", "teams"), Noun("grupo", "grupos")),
    words=(
        Word("crew", Noun("team", "teams"), Noun("equipo", "equipos")),
        Word("group", Noun("group", "groups"), Noun("grupo", "grupos")),
    ),
    en=(Noun("team", "teams"),),
    es=(Noun("grupo", "grupos"), Noun("equipo", "equipos")),
    mark="team",
    kept=_SEARCHED_FOR,
)

_DEPARTMENT = Term(
    key="department",
    default=Word("department", Noun("department", "departments"), Noun("departamento", "departamentos")),
    words=(
        Word("area", Noun("area", "areas"), Noun("área", "áreas", "f", stressed_a=True)),
        Word("unit", Noun("unit", "units"), Noun("unidad", "unidades", "f")),
        Word("division", Noun("division", "divisions"), Noun("división", "divisiones", "f")),
    ),
    en=(Noun("department", "departments"),),
    es=(Noun("departamento", "departamentos"),),
    mark="department",
    # The computer department of a company, as a kind of organization.
    kept=_SEARCHED_FOR | {"IT department"},
    far={
        "%(count)s internal note stays with your private department: the new one does not see it.": (
            ("el nuevo no", "la nueva no"),
        ),
        "This is the last department: new tickets need one.": (("necesitan uno.", "necesitan una."),),
    },
)

TERMS: Final = (_ORGANIZATION, _REQUESTER, _AGENT, _TICKET, _HELP_DESK, _TEAM, _DEPARTMENT)

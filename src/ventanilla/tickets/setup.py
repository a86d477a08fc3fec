"""What a new installation starts with, so that a migrated empty database is a working desk. Idempotent."""

from django.db import transaction

from ventanilla.installation.actions import bump_config_version, ensure_installation
from ventanilla.people.models import Department, Organization, Role, Team
from ventanilla.people.rights import BUILT_IN_ROLES
from ventanilla.tickets.models import (
    Activity,
    Category,
    Impact,
    PendingReason,
    Priority,
    PriorityRule,
    Status,
    StatusCategory,
    TicketType,
    Urgency,
)

_STATUSES = (
    ("new", "Nuevo", "New", StatusCategory.NEW, "run"),
    ("open", "En curso", "Open", StatusCategory.OPEN, "run"),
    ("pending", "En espera", "Pending", StatusCategory.PENDING, "pause"),
    ("resolved", "Resuelto", "Resolved", StatusCategory.RESOLVED, "stop"),
    ("closed", "Cerrado", "Closed", StatusCategory.CLOSED, "stop"),
)
_REASONS = (
    ("requester", "del usuario", "for the user", "Necesitamos su respuesta", "We need your answer", True),
    ("supplier", "del proveedor", "for the supplier", "Esperando al proveedor", "Waiting for the supplier", False),
    ("approval", "de aprobación", "for approval", "Esperando una aprobación", "Waiting for an approval", False),
    ("date", "de una fecha", "for a date", "Programado para más adelante", "Planned for later", False),
)
_PRIORITIES = (
    ("critical", "Crítica", "Critical"),
    ("high", "Alta", "High"),
    ("medium", "Media", "Medium"),
    ("low", "Baja", "Low"),
)
_IMPACTS = (("high", "Alto", "High"), ("medium", "Medio", "Medium"), ("low", "Bajo", "Low"))
_URGENCIES = (("high", "Alta", "High"), ("medium", "Media", "Medium"), ("low", "Baja", "Low"))
_MATRIX = {
    ("high", "high"): "critical",
    ("high", "medium"): "high",
    ("high", "low"): "medium",
    ("medium", "high"): "high",
    ("medium", "medium"): "medium",
    ("medium", "low"): "low",
    ("low", "high"): "medium",
    ("low", "medium"): "low",
    ("low", "low"): "low",
}
_ACTIVITIES = (
    ("support", "Soporte", "Support", True),
    ("call", "Llamada", "Phone call", True),
    ("visit", "Visita", "Visit", True),
    ("internal", "Trabajo interno", "Internal work", False),
)
_TYPES = (("incident", "Incidencia", "Incident", "INC"), ("request", "Solicitud de servicio", "Service request", "SOL"))
_CATEGORIES = (
    ("hardware", "Equipos", "Hardware"),
    ("software", "Programas", "Software"),
    ("network", "Red y conexión", "Network"),
    ("accounts", "Cuentas y permisos", "Accounts and permissions"),
    ("other", "Otros", "Other"),
)


@transaction.atomic
def ensure_desk() -> None:
    """Roles, own organization, a department with a team, types, statuses, reasons, priorities with matrix, categories,
    activities.

    Rows that exist are left as administrators made them; a kind that has any row gets no more.
    """
    ensure_installation()
    for position, role in enumerate(BUILT_IN_ROLES):
        rights = [str(right) for right in role.rights]
        Role.objects.get_or_create(
            key=role.key,
            defaults={"label": role.label, "scope": role.scope.value, "rights": rights, "position": position},
        )
    if not Organization.objects.filter(own=True).exists():
        Organization.objects.create(name="Ventanilla", own=True)
    if not Department.objects.exists():
        Department.objects.create(key="support", label={"es": "Soporte", "en": "Support"})
    if not Team.objects.exists():
        Team.objects.create(
            key="support", label={"es": "Soporte", "en": "Support"}, department=Department.objects.order_by("id")[0]
        )
    if not Status.objects.exists():
        Status.objects.bulk_create(
            Status(key=key, label={"es": es, "en": en}, category=category, clock=clock, position=position)
            for position, (key, es, en, category, clock) in enumerate(_STATUSES)
        )
    if not PendingReason.objects.exists():
        PendingReason.objects.bulk_create(
            PendingReason(
                key=key,
                label={"es": es, "en": en},
                told={"es": told_es, "en": told_en},
                waits_for_requester=waits,
                position=position,
            )
            for position, (key, es, en, told_es, told_en, waits) in enumerate(_REASONS)
        )
    if not Priority.objects.exists():
        Priority.objects.bulk_create(
            Priority(key=key, label={"es": es, "en": en}, rank=position + 1, position=position)
            for position, (key, es, en) in enumerate(_PRIORITIES)
        )
    if not Activity.objects.exists():
        Activity.objects.bulk_create(
            Activity(key=key, label={"es": es, "en": en}, billable=billable, position=position)
            for position, (key, es, en, billable) in enumerate(_ACTIVITIES)
        )
    if not Impact.objects.exists():
        Impact.objects.bulk_create(
            Impact(key=key, label={"es": es, "en": en}, position=position)
            for position, (key, es, en) in enumerate(_IMPACTS)
        )
    if not Urgency.objects.exists():
        Urgency.objects.bulk_create(
            Urgency(key=key, label={"es": es, "en": en}, position=position)
            for position, (key, es, en) in enumerate(_URGENCIES)
        )
    if not PriorityRule.objects.exists():
        impacts = {row.key: row for row in Impact.objects.all()}
        urgencies = {row.key: row for row in Urgency.objects.all()}
        priorities = {row.key: row for row in Priority.objects.all()}
        PriorityRule.objects.bulk_create(
            PriorityRule(impact=impacts[i], urgency=urgencies[u], priority=priorities[p])
            for (i, u), p in _MATRIX.items()
            if i in impacts and u in urgencies and p in priorities
        )
    if not TicketType.objects.exists():
        TicketType.objects.bulk_create(
            TicketType(key=key, label={"es": es, "en": en}, prefix=prefix, position=position)
            for position, (key, es, en, prefix) in enumerate(_TYPES)
        )
    if not Category.objects.exists():
        Category.objects.bulk_create(
            Category(key=key, label={"es": es, "en": en}, position=position)
            for position, (key, es, en) in enumerate(_CATEGORIES)
        )
    bump_config_version()

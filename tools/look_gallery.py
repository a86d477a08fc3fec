#!/usr/bin/env python3
# ruff: noqa: E402, E501, PLC0415, S106, S308 - Django is set up before it is imported; sample texts are long lines

"""Render the page shells and components with sample contexts and take pictures of them.

For whoever changes the look: ``python tools/look_gallery.py [name ...]`` writes HTML and PNG files into ``screenshots/``
for 1440 and 390 px, light and dark, Spanish and English, served with the strict content policy, and prints what axe,
the console and the width of the page say. Needs Django, playwright, axe-playwright-python and /usr/bin/chromium.
"""

import argparse
import http.server
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "src" / "ventanilla" / "ui"
OUT = ROOT / "screenshots"
sys.path.insert(0, str(ROOT / "src"))

settings.configure(
    SECRET_KEY="gallery",
    USE_TZ=True,
    TIME_ZONE="Europe/Madrid",
    LANGUAGE_CODE="es",
    LANGUAGES=[("es", "Español"), ("en", "English")],
    LOCALE_PATHS=[UI / "locale"],
    STATIC_URL="/static/",
    INSTALLED_APPS=["django.forms", "django.contrib.staticfiles"],
    FORM_RENDERER="ventanilla.ui.renderer.FormRenderer",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [UI / "templates"],
            "APP_DIRS": True,
            "OPTIONS": {"libraries": {"ui": "ventanilla.ui.templatetags.ui"}},
        }
    ],
)
django.setup()

from django import forms
from django.template import engines
from django.utils import translation
from django.utils.safestring import mark_safe

from ventanilla.ui.shell import Banner, Me, NavItem, OpenTicket, Shell

NOW = datetime(2026, 11, 19, 10, 20, tzinfo=UTC)  # Thursday, 11:20 in Madrid
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LONG = "María de los Ángeles Fernández-Cañadas Muñoz"


def at(days: int = 0, hours: float = 0) -> datetime:
    """A moment relative to the gallery's own clock."""
    return NOW + timedelta(days=days, hours=hours)


def t(es: str, en: str) -> str:
    """Sample text that in the product comes from the database, in the gallery's present language."""
    return es if translation.get_language() == "es" else en


def shell(current: int | None = None, place: int | None = None, theme: str = "light") -> Shell:
    """The desk around a page; ``current`` is the index of the chosen view."""
    names = [
        (t("Sin asignar", "Unassigned"), "inbox", 7, False),
        (t("Míos", "Mine"), "person", 14, False),
        (t("Todos los abiertos", "All open"), "list", 63, False),
        (t("De mis grupos", "My teams"), "people", 38, False),
        (t("En espera", "Pending"), "pause", 21, False),
        (t("Fuera de plazo", "Overdue"), "warning", 3, True),
        (t("Resueltos hace poco", "Recently resolved"), "check", None, False),
    ]
    views = [
        NavItem(label, "#", icon=icon, count=count, hot=hot, current=index == current)
        for index, (label, icon, count, hot) in enumerate(names)
    ]
    places = [
        NavItem(t("Personas", "People"), "#", icon="people", current=place == 0),
        NavItem(t("Ajustes", "Settings"), "#", icon="settings", current=place == 1),
    ]
    return Shell(
        name=t("Centro de Atención a Usuarios", "IT Help Desk"),
        organization="CAU · Villarribera",
        theme=theme,
        me=Me("Nerea Iturriaga", email="nerea@villarribera.example", profile_url="#", sign_out_url="#"),
        banner=Banner(
            t("Modo de demostración: ningún correo sale fuera.", "Demo mode: no mail leaves this machine."),
            url="#",
            link=t("Ver la bandeja de salida", "See the outbox"),
        ),
        palette_url="/palette/",
        new_ticket_url="#",
        views=views[:3],
        more_views=views[3:],
        open_tickets=[
            OpenTicket(
                "INC-2418",
                t("La impresora de Padrón no imprime", "The registry printer does not print"),
                "#",
                "open",
                "#",
            ),
            OpenTicket("SOL-871", t("Alta de Iñaki Goñi", "New starter: Iñaki Goñi"), "#", "pending", "#"),
            OpenTicket("INC-2409", t("Correos devueltos", "Bounced mail"), "#", "open", "#"),
        ],
        places=places,
        footer=t(
            "Este portal es el servicio interno de ayuda informática. No es un registro electrónico ni inicia ningún "
            "procedimiento administrativo. CAU: ext. 2000, de lunes a viernes de 8:00 a 15:00.",
            "This portal is the internal IT help service. Help desk: ext. 2000, Monday to Friday, 8:00 to 15:00.",
        ),
        portal_links=[NavItem(t("Mis tickets", "My tickets"), "#", current=True)],
        languages=[
            NavItem("Español", "#", icon="es", current=translation.get_language() == "es"),
            NavItem("English", "#", icon="en", current=translation.get_language() == "en"),
        ],
    )


def row(number: str, subject: str, who: str, priority: str, **more: Any) -> dict[str, Any]:
    """A list row."""
    words = {
        "critical": t("Crítica", "Critical"),
        "high": t("Alta", "High"),
        "medium": t("Media", "Medium"),
        "low": t("Baja", "Low"),
    }
    category = more.pop("category", "open")
    statuses = {"new": t("Nuevo", "New"), "open": t("En curso", "Open"), "pending": t("En espera", "Pending")}
    return {
        "number": number,
        "subject": subject,
        "url": "/ticket",
        "who": who,
        "priority_key": priority,
        "priority": words[priority],
        "category": category,
        "status": statuses.get(category, ""),
        **more,
    }


def rows() -> list[dict[str, Any]]:
    """Forty-odd rows in groups by deadline, with long names and subjects."""
    joan, bego, inigo, me = "Joan Puigdomènech", "Begoña Ruiz de Gauna", "Íñigo Zubizarreta", "Nerea Iturriaga"
    waits = [
        t("del proveedor", "for the supplier"),
        t("del usuario", "for the user"),
        t("hasta el 01/12", "until 1 Dec"),
        t("de aprobación", "for approval"),
    ]
    late = [
        row(
            "INC-2397",
            t("Sin conexión en el Centro de Salud de Peñalba", "No connection at Peñalba health center"),
            "Pilar Gómez-Acebo",
            "critical",
            due=at(hours=-2.1),
            agent=bego,
            unread=True,
            category="new",
        ),
        row(
            "INC-2402",
            t("No se abre el expediente 2026/1187 en el gestor", "File 2026/1187 does not open"),
            "Secretaría General",
            "high",
            due=at(hours=-0.8),
            agent=inigo,
        ),
        row(
            "SOL-0858",
            t("Ordenador para la nueva interventora", "Computer for the new auditor"),
            "Intervención",
            "medium",
            due=at(hours=-0.34),
            agent=joan,
        ),
    ]
    risk = [
        row(
            "INC-2418",
            t(
                "La impresora de Padrón no imprime los volantes de empadronamiento",
                "The registry printer does not print certificates",
            ),
            LONG,
            "high",
            due=at(hours=0.68),
            agent=me,
            mine=True,
            selected=True,
        ),
        row(
            "INC-2421",
            t("El certificado de la sede caduca en dos días", "The site certificate expires in two days"),
            "Ramón Etxeberria",
            "critical",
            due=at(hours=0.92),
            unread=True,
            category="new",
            attachments=True,
        ),
        row(
            "INC-2409",
            t("Correos devueltos por «buzón lleno» en Urbanismo", "Mail bounced as “mailbox full” in Planning"),
            "Urbanismo",
            "high",
            due=at(hours=1.17),
            agent=me,
            mine=True,
        ),
    ]
    today = [
        row(
            f"INC-24{23 + i}",
            subject,
            who,
            priority,
            due=at(hours=2.2 + i * 0.5),
            agent=agent,
            mine=agent == me,
            unread=agent is None,
            category="new" if agent is None else "open",
        )
        for i, (subject, who, priority, agent) in enumerate(
            [
                (
                    t(
                        "El escáner de Tesorería guarda las páginas giradas y en blanco y negro",
                        "Treasury scanner saves pages rotated and in black and white",
                    ),
                    "Concepción Núñez",
                    "medium",
                    None,
                ),
                (
                    t("Acceso a la carpeta «Presupuestos 2027»", "Access to the folder “Budget 2027”"),
                    "Íker Sáenz de Cámara",
                    "medium",
                    None,
                ),
                (
                    t("La centralita corta las llamadas del 010", "The switchboard drops calls to 010"),
                    "Atención Ciudadana",
                    "high",
                    bego,
                ),
                (
                    t("El aula de formación no ve el proyector", "The training room does not see the projector"),
                    "Casa de Cultura",
                    "medium",
                    joan,
                ),
                (
                    t("Olvido de contraseña en la tableta de obra", "Forgotten password on the site tablet"),
                    "José Ángel Muñiz",
                    "low",
                    None,
                ),
                (
                    t(
                        "Firma electrónica para el concejal de Hacienda",
                        "Electronic signature for the finance councillor",
                    ),
                    "Alcaldía",
                    "high",
                    me,
                ),
                (
                    t("El mapa del PGOU tarda dos minutos en cargar", "The zoning map takes two minutes to load"),
                    "Urbanismo",
                    "medium",
                    inigo,
                ),
                (
                    t("Aviso de «disco casi lleno» en el servidor", "“Disk almost full” on the server"),
                    "Supervisión",
                    "high",
                    None,
                ),
            ]
        )
    ]
    later = [
        row(
            f"SOL-08{66 - i}",
            subject,
            who,
            "low" if i % 2 else "medium",
            due=at(days=1 + 2 * i, hours=-1),
            agent=[joan, bego, inigo, me][i % 4],
            mine=i % 4 == 3,
        )
        for i, (subject, who) in enumerate(
            [
                (t("Instalar AutoCAD LT en dos puestos", "Install AutoCAD LT on two computers"), "Brigada de Obras"),
                (
                    t("Teléfono con auricular para la Oficina de Turismo", "Headset phone for the Tourist Office"),
                    "Leire Goikoetxea",
                ),
                (
                    t("El Wi-Fi del salón de plenos se cae al votar", "Council chamber Wi-Fi drops while voting"),
                    "Secretaría General",
                ),
                (
                    t("Trasladar seis puestos a la planta segunda", "Move six desks to the second floor"),
                    "Servicios Sociales",
                ),
                (t("Renovar los ordenadores de la biblioteca", "Renew the library computers"), "Biblioteca Municipal"),
                (
                    t("Formación sobre contraseñas para 40 personas", "Password training for 40 people"),
                    "Recursos Humanos",
                ),
            ]
        )
    ]
    waiting = [
        row(
            f"INC-23{88 - i}",
            subject,
            who,
            "medium",
            category="pending",
            waiting=waits[i % 4],
            agent=[me, bego, joan][i % 3],
            mine=i % 3 == 0,
        )
        for i, (subject, who) in enumerate(
            [
                (t("Alta de empleado: Iñaki Goñi Arrieta", "New starter: Iñaki Goñi Arrieta"), "Recursos Humanos"),
                (t("La base de datos de multas da error 1205", "The fines database gives error 1205"), "Policía Local"),
                (t("El reloj de fichar marca la hora de verano", "The time clock shows summer time"), "Polideportivo"),
                (t("Licencias para la escuela de música", "Licenses for the music school"), "Cultura y Educación"),
                (
                    t("Intermitencias en la fibra del almacén", "Intermittent fiber at the warehouse"),
                    "Brigada de Obras",
                ),
                (
                    t("El lector de huella no reconoce a dos agentes", "Fingerprint reader does not know two officers"),
                    "Policía Local",
                ),
            ]
            * 3
        )
    ]
    return [
        {"label": t("Fuera de plazo", "Overdue"), "count": 3, "rows": late},
        {"label": t("En riesgo", "At risk"), "count": 3, "rows": risk},
        {"label": t("Vence hoy", "Due today"), "count": 8, "rows": today},
        {"label": t("Más adelante", "Later"), "count": 6, "rows": later},
        {"label": t("En espera", "Pending"), "count": 21, "rows": waiting},
    ]


def ticket() -> dict[str, Any]:
    """The open ticket."""
    return {
        **rows()[1]["rows"][0],
        "agent": "Nerea Iturriaga",
        "team": t("Soporte N1", "Support L1"),
        "opened": at(hours=-2),
    }


def entries() -> list[dict[str, Any]]:
    """A conversation with every kind of entry."""
    return [
        {
            "kind": "message",
            "message": {
                "id": 1,
                "kind": "requester",
                "author": LONG,
                "channel": "mail",
                "sent_at": at(hours=-2.13),
                "cc": "padron@villarribera.example",
                "body_html": mark_safe(
                    t(
                        "<p>Buenos días: desde la actualización del martes, la impresora de la ventanilla 3 (la grande) no imprime los volantes de empadronamiento: sale una hoja llena de símbolos. El resto de documentos sí salen.</p><p>Tenemos a doce personas esperando y la cita siguiente es a las 9:30. ¿Podrían mirarlo cuanto antes?</p>",
                        "<p>Good morning: since Tuesday's update the large printer at counter 3 does not print registration certificates: a sheet full of symbols comes out. Other documents print well.</p><p>Twelve people are waiting and the next appointment is at 9:30. Could you look at it as soon as possible?</p>",
                    )
                ),
                "signature_html": mark_safe("<p>Negociado de Padrón y Estadística · Plaza Mayor, 1</p>"),
                "attachments": [
                    {
                        "name": "hoja-con-símbolos.jpg",
                        "size": 1_800_000,
                        "type": "image/jpeg",
                        "url": "#",
                        "opens": True,
                    },
                    {
                        "name": "volante-2026-11-19-con-un-nombre-larguísimo-que-no-cabe.pdf",
                        "size": 84_200,
                        "type": "application/pdf",
                        "url": "#",
                    },
                ],
            },
        },
        {
            "kind": "events",
            "summary": t(
                "Nerea se asignó el ticket y subió la prioridad a Alta",
                "Nerea took the ticket and raised the priority to High",
            ),
            "events": [
                {
                    "at": at(hours=-2.1),
                    "sentence": t("Asignado al grupo Soporte N1.", "Assigned to the team Support L1."),
                    "why": t(
                        "por el grupo del buzón cau@villarribera.example",
                        "by the team of the mailbox cau@villarribera.example",
                    ),
                },
                {
                    "at": at(hours=-2.08),
                    "sentence": t("Nerea Iturriaga se asignó el ticket.", "Nerea Iturriaga took the ticket."),
                },
                {
                    "at": at(hours=-2.08),
                    "sentence": t(
                        "Nerea Iturriaga cambió el impacto de Medio a Alto.",
                        "Nerea Iturriaga changed impact from Medium to High.",
                    ),
                },
            ],
        },
        {
            "kind": "message",
            "message": {
                "id": 2,
                "kind": "public",
                "author": "Nerea Iturriaga",
                "mine": True,
                "sent_at": at(hours=-1.93),
                "body_html": mark_safe(
                    t(
                        "<p>Buenos días, María de los Ángeles: para que puedan seguir atendiendo, he dirigido los volantes a la impresora de la ventanilla 5. Pruebe ahora, por favor. Mientras tanto reviso la de la ventanilla 3 y le digo algo antes de las 11:30.</p>",
                        "<p>Good morning: so that you can go on serving people I have sent the certificates to the printer at counter 5. Please try now. Meanwhile I am looking at counter 3 and will tell you more before 11:30.</p>",
                    )
                ),
            },
        },
        {
            "kind": "message",
            "message": {
                "id": 3,
                "kind": "note",
                "author": "Joan Puigdomènech",
                "sent_at": at(hours=-1.25),
                "body_html": mark_safe(
                    '<p><span class="v-mention">@Nerea</span> '
                    + t(
                        "es el controlador que entró el martes: rompe los PDF con formulario. En mi puesto, al volver a la versión 8.1, imprime bien. Hay que cambiarlo en el servidor de impresión, no en el equipo.</p>",
                        "it is the driver that came on Tuesday: it breaks PDF forms. With version 8.1 it prints well on my computer. It must be changed on the print server, not on the computer.</p>",
                    )
                ),
            },
        },
        {"kind": "since"},
        {
            "kind": "message",
            "message": {
                "id": 4,
                "kind": "requester",
                "author": LONG,
                "channel": "mail",
                "sent_at": at(hours=-0.65),
                "body_text": t(
                    "Por la ventanilla 5 salen bien, muchas gracias. Pero se nos forma cola en una sola impresora. ¿Saben cuándo estará la otra?",
                    "They print well at counter 5, thank you. But there is a queue at a single printer. Do you know when the other one will be ready?",
                ),
                "quote_html": mark_safe("<blockquote><p>Pruebe ahora, por favor.</p></blockquote>"),
            },
        },
    ]


def composer(mode: str = "reply", errors: list[str] | None = None) -> dict[str, Any]:
    """Where one writes."""
    return {
        "mode": mode,
        "upload_url": "/uploads/",
        "upload_max": 25_000_000,
        "seen": 4,
        "version": 9,
        "reply": {
            "url": "#",
            "draft_url": "/draft/",
            "format": "text",
            "errors": errors,
            "text": t(
                "Buenos días de nuevo: ya está localizado. Vamos a volver a la versión anterior del controlador a las 11:30; la ventanilla 3 dejará de imprimir unos cinco minutos. Le escribo en cuanto termine.",
                "Good morning again: we have found it. We go back to the previous driver at 11:30; counter 3 will not print for about five minutes. I will write as soon as it is done.",
            ),
            "saved": t("Guardado 11:19", "Saved 11:19"),
            "to": [{"value": "a@b.example", "label": LONG}],
            "cc": [{"value": "padron@villarribera.example", "label": "padron@villarribera.example"}],
            "people_url": "/people/",
            "then": [
                {"value": "resolve", "label": t("Enviar y resolver", "Send and resolve"), "category": "resolved"},
                {
                    "value": "wait",
                    "label": t("Enviar y esperar al usuario", "Send and wait for the user"),
                    "category": "pending",
                },
                {"value": "next", "label": t("Enviar e ir al siguiente", "Send and go to the next")},
            ],
        },
        "note": {
            "url": "#",
            "draft_url": "/draft/",
            "text": t("Hecho a las 11:31 en el servidor de impresión.", "Done at 11:31 on the print server.")
            if mode == "note"
            else "",
            "attachments": [{"id": 1, "name": "registro.txt", "size": 1200, "type": "text/plain"}]
            if mode == "note"
            else [],
        },
    }


def cards() -> list[dict[str, Any]]:
    """The side panel."""

    def choice(*labels: str) -> list[dict[str, str]]:
        return [{"value": str(index), "label": label} for index, label in enumerate(labels)]

    def prop(name: str, label: str, labels: list[str], **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "label": label,
            "url": "/set/",
            "kind": "select",
            "value": "0",
            "choices": choice(*labels),
            **more,
        }

    agents = [f"{name} {i}" if i else name for i in range(6) for name in ["Nerea Iturriaga", "Joan Puigdomènech", LONG]]
    return [
        {
            "key": "due",
            "title": t("Plazos", "Deadlines"),
            "count": None,
            "template": "ui/components/card_due.html",
            "clocks": [
                {
                    "label": t("Primera respuesta", "First response"),
                    "category": "resolved",
                    "due": at(hours=-1),
                    "done": at(hours=-1.93),
                    "opened": at(hours=-2.13),
                },
                {
                    "label": t("Resolución", "Resolution"),
                    "category": "open",
                    "due": at(hours=0.68),
                    "used": 120,
                    "whole": 160,
                    "tone": "risk",
                },
            ],
            "text": t("Vence hoy a las 12:00 · horario de 8:00 a 15:00", "Due today at 12:00 · hours 8:00 to 15:00"),
        },
        {
            "key": "requester",
            "title": t("Solicitante", "Requester"),
            "count": None,
            "template": "ui/components/card_requester.html",
            "person": {
                "name": LONG,
                "role": t("Jefa de Negociado de Padrón y Estadística", "Head of Registry and Statistics"),
                "email": "ma.fernandez-canadas@villarribera.example",
                "phone": "948 555 014, ext. 2214",
                "place": t("Casa Consistorial, planta baja, ventanilla 3", "Town hall, ground floor, counter 3"),
            },
        },
        {
            "key": "properties",
            "title": t("Datos", "Details"),
            "count": None,
            "template": "ui/components/card_properties.html",
            "version": 9,
            "properties": [
                prop(
                    "status",
                    t("Estado", "Status"),
                    [t("En curso", "Open"), t("En espera", "Pending"), t("Resuelto", "Resolved")],
                    shortcut="s",
                ),
                prop("impact", t("Impacto", "Impact"), [t("Alto", "High"), t("Medio", "Medium"), t("Bajo", "Low")]),
                prop("urgency", t("Urgencia", "Urgency"), [t("Media", "Medium"), t("Alta", "High"), t("Baja", "Low")]),
                prop(
                    "priority",
                    t("Prioridad", "Priority"),
                    [t("Alta", "High"), t("Media", "Medium"), t("Baja", "Low")],
                    strong=True,
                    shortcut="p",
                ),
                prop(
                    "team",
                    t("Grupo", "Team"),
                    [t("Soporte N1", "Support L1"), t("Redes", "Network")],
                    shortcut="shift+t",
                ),
                prop(
                    "agent",
                    t("Agente", "Agent"),
                    agents,
                    kind="picker",
                    shortcut="a",
                    empty=t("Sin asignar", "Unassigned"),
                ),
                {
                    "name": "service",
                    "label": t("Servicio", "Service"),
                    "url": "",
                    "text": t("Impresión y escaneado", "Printing and scanning"),
                },
                prop(
                    "category",
                    t("Categoría", "Category"),
                    [t("Impresoras › Controlador", "Printers › Driver")],
                    kind="picker",
                ),
                {
                    "name": "tags",
                    "label": t("Etiquetas", "Tags"),
                    "url": "/set/",
                    "kind": "tags",
                    "choices": choice("padrón", "actualización-17-nov"),
                    "options_url": "/people/",
                },
            ],
        },
        {
            "key": "other",
            "title": t("Otros tickets de la solicitante", "Other tickets of the requester"),
            "count": 3,
            "template": "ui/components/card_tickets.html",
            "tickets": [
                {
                    "number": "SOL-0839",
                    "subject": t("Segundo monitor para la ventanilla 3", "Second screen for counter 3"),
                    "url": "#",
                    "category": "pending",
                    "status": t("En espera", "Pending"),
                },
                {
                    "number": "INC-2261",
                    "subject": t("El lector de DNI no responde", "The card reader does not answer"),
                    "url": "#",
                    "category": "resolved",
                    "status": t("Resuelto", "Resolved"),
                },
                {
                    "number": "INC-2107",
                    "subject": t("No se guardan las citas previas", "Appointments are not saved"),
                    "url": "#",
                    "category": "closed",
                    "status": t("Cerrado", "Closed"),
                },
            ],
        },
    ]


class IncidentForm(forms.Form):
    """A form with every usual field."""

    what = forms.CharField(max_length=200)
    more = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))
    kind = forms.ChoiceField(choices=[("a", "Impresión y escaneado"), ("b", "Correo")], required=False)
    urgent = forms.BooleanField(required=False)
    how = forms.ChoiceField(choices=[("1", "Sí"), ("2", "No")], widget=forms.RadioSelect)


def incident_form(*, bound: bool) -> IncidentForm:
    """The form, fresh or sent back with a mistake."""
    form = IncidentForm(
        {"more": t("Desde esta mañana el calendario aparece vacío.", "Since this morning the calendar is empty.")}
        if bound
        else None
    )
    form.fields["what"].label = t("¿Qué ocurre?", "What is happening?")
    form.fields["what"].help_text = t(
        "En una línea, como se lo diría a un compañero.", "In one line, as you would tell a colleague."
    )
    form.fields["what"].error_messages["required"] = t(
        "Diga en una línea qué ocurre.", "Say in one line what is happening."
    )
    form.fields["more"].label = t("Cuéntenos más", "Tell us more")
    form.fields["more"].help_text = t(
        "Desde cuándo, qué mensaje aparece, si le impide trabajar.",
        "Since when, which message appears, whether it stops your work.",
    )
    form.fields["kind"].label = t("Servicio", "Service")
    form.fields["urgent"].label = t("No puedo trabajar", "I cannot work")
    form.fields["how"].label = t("¿Le ocurre a otros?", "Does it happen to others?")
    return form


PAGES: dict[str, str] = {
    "desk": """{% extends "ui/desk.html" %}{% load ui i18n %}{% block title %}{{ title }} (63){% endblock %}
{% block content %}<main class="v-main" id="content">
<header class="v-bar">{% include "ui/components/bar_head.html" with count=63 %}{% include "ui/components/filter_pills.html" %}<span class="v-grow"></span><button class="v-btn v-btn--bare" type="button" aria-label="{{ filter }}">{% icon "filter" %}<span>{{ filter }}</span></button><button class="v-btn v-btn--bare" type="button" aria-label="{{ by }}">{% icon "columns" %}<span>{{ by }}</span></button></header>
{% include "ui/components/fresh.html" with count=3 show_url="#" %}{% include "ui/components/list.html" with pane="#v-pane" %}</main>{% endblock %}
{% block pane %}<section class="v-pane" id="v-pane" aria-label="INC-2418">{% include "ui/components/ticket_bar.html" with number="INC-2418" type=type closes=True full_url="#" %}{% include "ui/components/ticket_head.html" with heading="h2" %}{% include "ui/components/conversation.html" with heading="h3" %}{% include "ui/components/composer.html" %}</section><template id="v-pane-none">{% include "ui/components/pane_none.html" %}</template>{% endblock %}""",
    "list": """{% extends "ui/desk.html" %}{% load ui i18n %}{% block title %}{{ title }}{% endblock %}
{% block content %}<main class="v-main" id="content"><header class="v-bar">{% include "ui/components/bar_head.html" with count=63 %}</header>{% include "ui/components/list.html" %}</main>{% endblock %}
{% block pane %}<section class="v-pane" id="v-pane" aria-label="Ticket">{% include "ui/components/pane_none.html" %}</section>{% endblock %}""",
    "ticket": """{% extends "ui/desk.html" %}{% load ui i18n %}{% block title %}INC-2418{% endblock %}
{% block phone_start %}<a class="v-btn v-btn--bare" href="#" aria-label="back">{% icon "chevron-left" %}</a>{% endblock %}
{% block phone_title %}<span class="v-num">INC-2418</span> <span class="v-soft">{{ type }}</span>{% endblock %}
{% block phone_actions %}{% include "ui/components/details_button.html" %}{% endblock %}
{% block content %}<div class="v-work"><main class="v-pane" id="content">{% include "ui/components/ticket_bar.html" with number="INC-2418" type=type back_url="#" panel=True position=position %}{% include "ui/components/ticket_head.html" with heading="h1" %}{% include "ui/components/conversation.html" with heading="h2" %}{% include "ui/components/composer.html" %}</main>{% include "ui/components/panel.html" %}</div>{% endblock %}""",
    "empty": """{% extends "ui/desk.html" %}{% load ui i18n %}{% block title %}{{ title }}{% endblock %}
{% block content %}<main class="v-main v-main--scroll" id="content"><header class="v-bar">{% include "ui/components/bar_head.html" with count=0 %}</header>{% include "ui/components/teach.html" with title=teach.title lead=teach.lead steps=teach.steps waiting=teach.waiting %}</main>{% endblock %}""",
    "settings": """{% extends "ui/desk.html" %}{% load ui i18n %}{% block title %}{{ title }}{% endblock %}
{% block content %}<main class="v-main v-main--scroll" id="content"><div class="v-room">{% include "ui/components/room_head.html" with text=text %}{% include "ui/components/tiles.html" %}
<section><h2>{{ table }}</h2><div class="v-table-wrap"><table class="v-table"><thead><tr><th scope="col">{{ heads.0 }}</th><th scope="col">{{ heads.1 }}</th><th scope="col" class="is-number">{{ heads.2 }}</th><th><span class="v-sr">-</span></th></tr></thead><tbody>{% for line in lines %}<tr><th scope="row"><a href="#">{{ line.0 }}</a></th><td data-label="{{ heads.1 }}">{{ line.1 }}</td><td class="is-number" data-label="{{ heads.2 }}">{{ line.2 }}</td><td class="v-table-acts"><a class="v-btn" href="#">{{ edit }}</a></td></tr>{% endfor %}</tbody></table></div></section></div></main>{% endblock %}""",
    "form": """{% extends "ui/desk.html" %}{% load ui i18n %}{% block title %}{{ title }}{% endblock %}
{% block content %}<main class="v-main v-main--scroll" id="content"><div class="v-room v-room--narrow">{% include "ui/components/room_head.html" with text="" %}{% include "ui/components/error_summary.html" %}<form class="v-form" method="post">{{ form }}<div class="v-field"><label for="who">{{ who }}</label><select id="who" name="who" data-picker data-options-url="/people/"><option value=""></option></select></div>{% include "ui/components/upload.html" with upload_url="/uploads/" %}<details class="v-more-fields"><summary>{% icon "chevron-right" size="sm" css="v-turn" %}Más datos</summary></details><div class="v-actions"><button class="v-btn v-btn--main" type="submit">OK</button><a class="v-btn" href="#">No</a></div></form></div></main>{% endblock %}""",
    "portal": """{% extends "ui/portal.html" %}{% load ui i18n %}{% block title %}{{ title }}{% endblock %}
{% block content %}<section class="v-hero" aria-labelledby="hello"><h1 id="hello">{{ hello }}</h1>{% include "ui/components/portal_search.html" with url="#" hint=hint %}</section>{% include "ui/components/portal_doors.html" %}<div class="v-section"><h2>{{ mine }}</h2><nav class="v-seg" aria-label="{{ mine }}"><a href="#" aria-current="true">{{ segs.0 }}</a><a href="#">{{ segs.1 }}</a></nav></div>{% include "ui/components/portal_tickets.html" %}{% endblock %}""",
    "portal-ticket": """{% extends "ui/portal.html" %}{% load ui i18n %}{% block title %}{{ title }}{% endblock %}{% block main_class %}v-portal-main--narrow{% endblock %}
{% block content %}<a class="v-back" href="#">{% icon "chevron-left" %}{{ mine }}</a><h1 class="v-title">{{ title }}</h1>{% include "ui/components/portal_state.html" %}{% for message in voices %}{% include "ui/components/portal_message.html" %}{% endfor %}{% include "ui/components/portal_reply.html" %}<div class="v-end"><span>{{ works }}</span><button class="v-btn" type="button">{% icon "check" %}{{ confirm }}</button></div>{% endblock %}""",
    "portal-form": """{% extends "ui/portal.html" %}{% load ui i18n %}{% block title %}Error: {{ title }}{% endblock %}{% block main_class %}v-portal-main--narrow{% endblock %}
{% block content %}<a class="v-back" href="#">{% icon "chevron-left" %}{{ home }}</a><h1 class="v-title">{{ title }}</h1><form class="v-form" method="post" data-keep="incident">{% include "ui/components/error_summary.html" %}{{ form }}{% include "ui/components/upload.html" with upload_url="/uploads/" %}<div class="v-actions v-actions--end"><span class="v-soft" data-kept></span><button class="v-btn v-btn--main v-btn--lg" type="submit">{{ send }}</button></div></form>{% endblock %}""",
    "sign-in": """{% extends "ui/arch.html" %}{% load ui i18n %}{% block title %}{{ title }}{% endblock %}
{% block content %}<form method="post"><div class="v-field"><label for="u">{{ mail }}</label><input id="u" type="email" autocomplete="username" value="leire.goikoetxea@villarribera.example"></div><div class="v-field"><div class="v-field-row"><label for="p">{{ password }}</label><a href="#">{{ forgot }}</a></div><span class="v-secret"><input id="p" type="password" autocomplete="current-password"><button class="v-btn v-btn--bare" type="button" data-reveal="p" aria-label="{{ reveal }}">{% icon "eye" %}</button></span></div><button class="v-btn v-btn--main v-btn--wide" type="submit">{{ title }}</button><button class="v-btn v-btn--wide" type="submit" name="code">{% icon "mail" %}{{ code }}</button></form>{% endblock %}
{% block below %}<p>{{ below }}</p>{% endblock %}""",
    "pieces": """{% extends "ui/desk.html" %}{% load ui i18n %}{% block title %}{{ title }}{% endblock %}
{% block content %}<main class="v-main v-main--scroll" id="content"><header class="v-bar">{% include "ui/components/bar_head.html" with count=2 %}</header>
<ul data-list>{% for found in results %}{% include "ui/components/found.html" %}{% endfor %}</ul>{% include "ui/components/none.html" with text=none url="#" link=link %}
<div class="v-room v-room--narrow"><section>{% include "ui/components/history.html" %}</section><section class="v-stack"><p class="v-info">{% icon "info" %}{{ none }}</p><p class="v-info v-info--risk">{% icon "warning" %}{{ none }}</p><p class="v-inline"><span class="v-chip v-chip--new">Nuevo</span><span class="v-chip v-chip--open">Abierto</span><span class="v-chip v-chip--risk">Riesgo</span><span class="v-chip v-chip--late">Fallo</span><button class="v-btn v-btn--danger" type="button">{{ link }}</button><button class="v-btn" disabled type="button">{{ link }}</button></p></section></div></main>
{% include "ui/components/stale_guard.html" with form="v-write-reply" messages=guard %}<div class="v-toasts">{% include "ui/components/toast.html" with text=sent seconds=10 undo_url="#" %}{% include "ui/components/toast.html" with text=none seconds=10 undo_url="" tone="error" %}</div>{% endblock %}""",
    "404": "{% extends '404.html' %}",
    "500": "{% extends '500.html' %}",
}


def contexts(theme: str) -> dict[str, dict[str, Any]]:
    """What each page is drawn with."""
    type_word = t("Incidencia", "Incident")
    talk = {
        "ticket": ticket(),
        "entries": entries(),
        "type": type_word,
        "presence": [{"name": "Joan", "typing": False}],
    }
    actions = [
        {"label": t("Asignarme", "Take it"), "shortcut": "i", "icon": "assign", "post_url": "#"},
        {"label": t("Resolver", "Resolve"), "shortcut": "e", "icon": "check", "post_url": "#"},
    ]
    more = [
        {"label": t("Vincular…", "Link…"), "icon": "link", "url": "#"},
        {"label": t("Imprimir", "Print"), "icon": "print", "url": "#"},
        {"label": t("Vaciar…", "Redact…"), "icon": "trash", "post_url": "#", "danger": True, "confirm": "¿?"},
    ]
    voices = [
        {
            "id": 1,
            "own": True,
            "sent_at": at(days=-2, hours=1),
            "body_text": t(
                "Con tarjetas españolas cobra bien, pero con las de fuera sale «operación denegada 05». Este fin de semana llega un grupo de Burdeos y la tienda se llena.",
                "It takes Spanish cards but with foreign ones it says “transaction denied 05”. A group from Bordeaux comes this weekend.",
            ),
            "attachments": [{"name": "recibo-denegado.jpg", "size": 2_100_000, "type": "image/jpeg", "url": "#"}],
        },
        {
            "id": 2,
            "author": "Begoña Ruiz de Gauna",
            "role": "CAU",
            "sent_at": at(days=-2, hours=2),
            "body_html": mark_safe(
                t(
                    "<p>Buenos días, Leire: gracias por la foto, nos ahorra una visita. El fallo está en el contrato con el banco, no en el aparato. Ya lo hemos reclamado.</p><p>Para el grupo del sábado le dejamos mañana un datáfono de reserva en recepción.</p>",
                    "<p>Good morning, Leire: thank you for the photo, it saves us a visit. The fault is in the contract with the bank, not in the device.</p>",
                )
            ),
        },
        {
            "id": 3,
            "author": "Begoña Ruiz de Gauna",
            "role": "CAU",
            "sent_at": at(days=-1, hours=6),
            "body_text": t(
                "El banco activa las tarjetas extranjeras el lunes a las 10:00. El datáfono de reserva ya está en recepción, a nombre de usted.",
                "The bank enables foreign cards on Monday at 10:00. The spare terminal is at reception in your name.",
            ),
        },
    ]
    mine = t("Mis tickets", "My tickets")
    everything = {
        "desk": {
            "title": t("Todos los abiertos", "All open"),
            "shell": shell(2, theme=theme),
            "groups": rows(),
            "shown": ["priority", "left", "agent"],
            "filters": [{"label": t("Departamento", "Department"), "value": "Ayuntamiento", "remove_url": "#"}],
            "filter": t("Filtrar", "Filter"),
            "by": t("Por plazo", "By deadline"),
            "actions": actions[1:],
            "more": more,
            "composer": composer(),
            **talk,
            "presence": [],
        },
        "list": {
            "title": t("Todos los abiertos", "All open"),
            "shell": shell(2, theme=theme),
            "groups": [
                {
                    **group,
                    "rows": [
                        {**line, "selected": False, "team": "Soporte N1", "updated": at(hours=-3)}
                        for line in group["rows"]
                    ],
                }
                for group in rows()
            ],
            "shown": ["team", "updated", "priority", "left", "agent"],
            "heads": {"left": {"url": "#", "sort": "ascending"}, "number": {"url": "#", "sort": ""}},
            "pages": {"next_url": "#"},
        },
        "ticket": {
            "shell": shell(1, theme=theme),
            "composer": composer(),
            "actions": actions,
            "more": more,
            "cards": cards(),
            "position": t("4 de 14", "4 of 14"),
            **talk,
        },
        "empty": {
            "title": t("Sin asignar", "Unassigned"),
            "shell": shell(0, theme=theme),
            "teach": {
                "title": t("La ventanilla está abierta", "The window is open"),
                "lead": t(
                    "Cuando alguien escriba, su mensaje aparecerá aquí como un ticket que todavía no lleva nadie.",
                    "When somebody writes, their message appears here as a ticket that nobody has taken yet.",
                ),
                "steps": [
                    {
                        "title": t("El correo recibe y envía", "Mail comes in and goes out"),
                        "text": "cau@villarribera.example",
                        "done": True,
                        "url": "#",
                        "link": t("Cambiar", "Change"),
                    },
                    {
                        "title": t("Enviar un mensaje de prueba", "Send a test message"),
                        "text": t(
                            "Escriba desde su teléfono a esa dirección.", "Write to that address from your phone."
                        ),
                        "url": "#",
                        "link": t("Enviar una prueba", "Send a test"),
                        "main": True,
                    },
                    {
                        "title": t("Invitar a quien atiende con usted", "Invite your colleagues"),
                        "text": t("Con una dirección de correo basta.", "A mail address is enough."),
                        "url": "#",
                        "link": t("Invitar", "Invite"),
                    },
                ],
                "waiting": t(
                    "Esperando el primer mensaje. No hace falta recargar la página.",
                    "Waiting for the first message. No need to reload.",
                ),
            },
        },
        "settings": {
            "title": t("Ajustes", "Settings"),
            "text": "CAU · 4 agentes · 214 personas",
            "shell": shell(place=1, theme=theme),
            "tiles": [
                {
                    "icon": "mail",
                    "title": t("Correo", "Mail"),
                    "url": "#",
                    "now": t(
                        "cau@villarribera.example recibe y envía.", "cau@villarribera.example receives and sends."
                    ),
                    "more": t(
                        "Último mensaje hace 2 min · nada en cuarentena", "Last message 2 min ago · quarantine empty"
                    ),
                },
                {
                    "icon": "people",
                    "title": t("Personas y grupos", "People and teams"),
                    "url": "#",
                    "now": t("4 agentes en 2 grupos, 214 solicitantes.", "4 agents in 2 teams, 214 requesters."),
                    "more": t("Begoña, ausente hasta el 24/11", "Begoña, away until 24 Nov"),
                },
                {
                    "icon": "text",
                    "title": t("Textos y respuestas", "Texts and replies"),
                    "url": "#",
                    "now": t("11 plantillas de correo.", "11 mail templates."),
                    "warning": t("2 textos sin traducir", "2 untranslated texts"),
                },
                {
                    "icon": "database",
                    "title": t("Copias y estado", "Backups and health"),
                    "url": "#",
                    "now": t("Todo funciona.", "Everything works."),
                },
            ],
            "table": t("Buzones", "Mailboxes"),
            "heads": [t("Dirección", "Address"), t("Grupo", "Team"), t("Mensajes", "Messages")],
            "lines": [
                ["cau@villarribera.example", "Soporte N1", "1.204"],
                ["incidencias-informatica-del-ayuntamiento@villarribera.example", "Redes", "38"],
            ],
            "edit": t("Cambiar", "Change"),
        },
        "form": {
            "title": t("Nuevo ticket", "New ticket"),
            "shell": shell(theme=theme),
            "form": incident_form(bound=True),
            "who": t("Solicitante", "Requester"),
            "crumbs": [{"label": t("Ajustes", "Settings"), "url": "#"}],
        },
        "portal": {
            "title": t("Inicio", "Home"),
            "shell": shell(theme=theme),
            "hello": t("Buenos días, Leire. ¿Qué necesita?", "Good morning, Leire. What do you need?"),
            "hint": t("Por ejemplo: «no puedo entrar en el correo».", "For example: “I cannot open my mail”."),
            "doors": [
                {
                    "label": t("Comunicar una incidencia", "Report an incident"),
                    "text": t("Algo no funciona o funciona mal", "Something does not work"),
                    "url": "#",
                    "icon": "broken",
                },
                {
                    "label": t("Solicitar un servicio", "Request a service"),
                    "text": t(
                        "Un alta, un permiso, un equipo, un cambio", "An account, a permission, equipment, a change"
                    ),
                    "url": "#",
                    "icon": "desk-bell",
                },
            ],
            "mine": mine,
            "segs": [t("Míos", "Mine"), t("De mi organización", "My organization")],
            "tickets": [
                {
                    "number": "SOL-0876",
                    "subject": t(
                        "Teléfono con auricular para la Oficina de Turismo", "Headset phone for the Tourist Office"
                    ),
                    "url": "#",
                    "category": "pending",
                    "plain": t("Necesitamos su respuesta", "We need your answer"),
                    "yours": True,
                    "holder": t("lo lleva Íñigo Zubizarreta", "with Íñigo Zubizarreta"),
                    "at": at(hours=-0.5),
                },
                {
                    "number": "INC-2366",
                    "subject": t(
                        "El datáfono de la tienda no cobra con tarjeta extranjera",
                        "The card terminal refuses foreign cards",
                    ),
                    "url": "#",
                    "category": "pending",
                    "plain": t("Esperando al proveedor", "Waiting for the supplier"),
                    "holder": t("lo lleva Begoña Ruiz de Gauna", "with Begoña Ruiz de Gauna"),
                    "at": at(days=-1),
                },
                {
                    "number": "INC-2426",
                    "subject": t(
                        "No veo el calendario compartido de las visitas guiadas",
                        "I do not see the shared calendar of guided tours",
                    ),
                    "url": "#",
                    "category": "new",
                    "plain": t("Recibido", "Received"),
                    "holder": t("aún sin técnico", "no technician yet"),
                    "at": at(hours=-0.2),
                },
                {
                    "number": "SOL-0822",
                    "subject": t(
                        "Actualizar el aviso de horario en la pantalla de la plaza",
                        "Update the opening hours on the square's screen",
                    ),
                    "url": "#",
                    "category": "resolved",
                    "plain": t("Resuelto: ¿lo confirma?", "Resolved: do you confirm?"),
                    "holder": LONG,
                    "at": at(days=-7),
                },
            ],
        },
        "portal-ticket": {
            "title": t(
                "El datáfono de la tienda no cobra con tarjeta extranjera", "The card terminal refuses foreign cards"
            ),
            "shell": shell(theme=theme),
            "mine": mine,
            "state": {
                "category": "pending",
                "title": t("Estamos esperando al proveedor del datáfono.", "We are waiting for the supplier."),
                "text": t(
                    "Nos ha dado el lunes 23/11 a las 10:00. No tiene que hacer nada: le escribiremos.",
                    "They said Monday at 10:00. You do not have to do anything: we will write to you.",
                ),
            },
            "steps": [
                {"label": t("Recibido", "Received"), "done": True},
                {"label": t("Con un técnico", "With a technician"), "done": True},
                {"label": t("Esperando al proveedor", "Waiting for the supplier"), "current": True},
                {"label": t("Resuelto", "Resolved")},
            ],
            "voices": voices,
            "reply": {"url": "#", "upload_url": "/uploads/"},
            "works": t("¿Ya funciona?", "Does it work now?"),
            "confirm": t("Confirmar que está resuelto", "Confirm that it is resolved"),
        },
        "portal-form": {
            "title": t("Comunicar una incidencia", "Report an incident"),
            "shell": shell(theme=theme),
            "home": t("Inicio", "Home"),
            "form": incident_form(bound=True),
            "send": t("Enviar al CAU", "Send to the help desk"),
        },
        "sign-in": {
            "title": t("Entrar", "Sign in"),
            "shell": shell(theme=theme),
            "mail": t("Correo", "Mail"),
            "password": t("Contraseña", "Password"),
            "forgot": t("La he olvidado", "I forgot it"),
            "reveal": t("Mostrar", "Show"),
            "code": t("Recibir un código por correo", "Get a code by mail"),
            "below": t(
                "¿Solo quiere ver un ticket? Use el enlace del correo que recibió: no pide contraseña.",
                "Only want to see a ticket? Use the link in the mail you received: it asks for no password.",
            ),
        },
        "pieces": {
            "title": t("Resultados", "Results"),
            "shell": shell(theme=theme),
            "none": t("Nada sin asignar.", "Nothing unassigned."),
            "link": t("Ver los míos", "See mine"),
            "sent": t("Enviado.", "Sent."),
            "events": [
                {
                    "at": at(hours=-2),
                    "sentence": t(
                        "La regla asignó el ticket al grupo Soporte N1.", "The rule assigned it to Support L1."
                    ),
                    "why": t("por el grupo del buzón", "by the mailbox"),
                },
                {"at": at(days=-9), "sentence": LONG},
            ],
            "guard": [
                {
                    "author": LONG,
                    "sent_at": at(hours=-0.1),
                    "text": t("Ya funciona, no hace falta que venga nadie.", "It works now, nobody needs to come."),
                }
            ],
            "results": [
                {
                    "number": "INC-2418",
                    "subject": t(
                        "La impresora de Padrón no imprime los volantes", "The registry printer does not print"
                    ),
                    "url": "#",
                    "category": "open",
                    "status": t("En curso", "Open"),
                    "who": LONG,
                    "at": at(days=-3),
                    "excerpt": mark_safe("… la <mark>impresora</mark> de la ventanilla 3 (la grande) no imprime …"),
                }
            ],
        },
        "404": {"request_id": "7f3c-91ab"},
        "500": {"request_id": "7f3c-91ab"},
    }
    everything["ticket-note"] = {**everything["ticket"], "composer": composer("note")}
    return everything


def compile_catalogs() -> None:
    """Bring the Spanish of the components up to date for the pictures."""
    for source in (UI / "locale").rglob("*.po"):
        with source.open("rb") as text, source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(text))


def render(out: Path) -> list[str]:
    """Write every page in both languages and themes; return their names."""
    engine = engines["django"]
    names = []
    for language in ("es", "en"):
        with translation.override(language):
            for theme in ("light", "dark"):
                for name, context in contexts(theme).items():
                    source = PAGES[name.removesuffix("-note")] if name not in PAGES else PAGES[name]
                    html = engine.from_string(source).render({"now": NOW, "csrf_token": "gallery", **context})
                    (out / f"{name}-{theme}-{language}.html").write_text(html, encoding="utf-8")
                    if name not in names:
                        names.append(name)
    return names


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the pages and static files under the product's own content policy."""

    def end_headers(self) -> None:
        """Add the policy."""
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def translate_path(self, path: str) -> str:
        """Map /static/ to the sources."""
        path = path.partition("?")[0]
        if path.startswith("/static/"):
            return str(UI / "static" / path.removeprefix("/static/"))
        return str(OUT / path.lstrip("/"))

    def do_GET(self) -> None:
        """Answer the palette and the picker with samples, everything else from disk."""
        if self.path.startswith("/people/"):
            self.reply(
                b'{"items": [{"value": "1", "label": "Mar\\u00eda de los \\u00c1ngeles Fern\\u00e1ndez-Ca\\u00f1adas", "hint": "ma.fernandez@villarribera.example"}, {"value": "2", "label": "Joan Puigdom\\u00e8nech", "hint": "N2"}]}',
                "application/json",
            )
        elif self.path.startswith("/palette/"):
            with translation.override("es"):
                groups = [
                    {
                        "label": "Tickets",
                        "results": [
                            {
                                "label": "INC-2418 La impresora de Padrón no imprime",
                                "url": "#",
                                "category": "open",
                                "hint": "Míos",
                            }
                        ],
                    },
                    {"label": "Ir a", "results": [{"label": "Ajustes", "url": "#", "icon": "settings"}]},
                ]
                html = engines["django"].get_template("ui/components/palette_results.html").render({"groups": groups})
            self.reply(html.encode(), "text/html; charset=utf-8")
        else:
            super().do_GET()

    def do_POST(self) -> None:
        """Take an upload or a draft."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.reply(b'{"id": "9", "name": "foto.png", "size": 1200, "size_text": "1 kB"}', "application/json", 201)

    def reply(self, body: bytes, kind: str, status: int = 200) -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Stay quiet."""


def main() -> int:
    """Render, serve, photograph, examine."""
    compile_catalogs()
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--languages", default="es")
    parser.add_argument("--no-axe", action="store_true")
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    names = options.names or render(OUT)
    render(OUT)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    problems = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width, height in ((1440, 900), (390, 844), (320, 640)):
            page = browser.new_page(viewport={"width": width, "height": height})
            said: list[str] = []
            page.on(
                "console",
                lambda message, said=said: said.append(message.text) if message.type in {"error", "warning"} else None,
            )
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            for language in options.languages.split(","):
                for theme in ("light", "dark") if width != 320 else ("light",):
                    for name in names:
                        said.clear()
                        page.goto(f"{base}/{name}-{theme}-{language}.html", wait_until="networkidle")
                        wide = page.evaluate("document.documentElement.scrollWidth")
                        if wide > width:
                            said.append(f"scrolls sideways: {wide} > {width}")
                        if width != 320:
                            page.screenshot(path=str(OUT / f"{name}-{theme}-{width}-{language}.png"))
                        if not options.no_axe and width != 320:
                            for violation in Axe().run(page).response["violations"]:
                                said.append(
                                    f"axe {violation['id']}: "
                                    + "; ".join(node["html"][:150] for node in violation["nodes"][:3])
                                )
                        for line in said:
                            problems += 1
                            print(f"{name} {theme} {width} {language}: {line}")
            page.close()
        browser.close()
    print(f"{problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""The checklist of the demo."""

from typing import Any

ARRIVAL: tuple[dict[str, str], list[dict[str, Any]]] = (
    {"es": "Persona nueva", "en": "New colleague"},
    [
        {"label": {"es": "Crear la cuenta y el correo", "en": "Make the account and the mailbox"}, "before": ""},
        {"label": {"es": "Añadir a los grupos de su área", "en": "Add to the groups of the area"}, "before": ""},
        {"label": {"es": "Preparar el portátil", "en": "Prepare the laptop"}, "before": ""},
        {"label": {"es": "Entregar la tarjeta de acceso", "en": "Hand over the access card"}, "before": ""},
        {
            "label": {"es": "Recoger la firma del material", "en": "Have the material signed for"},
            "before": "category:resolved",
        },
    ],
)

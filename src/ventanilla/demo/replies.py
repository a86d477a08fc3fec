"""Canned replies of the demo company."""

REPLIES = (
    (
        {"es": "Pedir más datos", "en": "Ask for details"},
        {
            "es": "<p>Hola, {first_name}:</p><p>¿Nos dice desde cuándo le ocurre, en qué equipo y qué mensaje aparece? "
            "Una captura de pantalla ayuda mucho.</p><p>Gracias,<br>{agent}</p>",
            "en": "<p>Hello {first_name},</p><p>Could you tell us since when this happens, on which computer and what "
            "message you see? A screenshot helps a lot.</p><p>Thank you,<br>{agent}</p>",
        },
    ),
    (
        {"es": "Restablecer la contraseña", "en": "Reset the password"},
        {
            "es": "<p>Hola, {first_name}:</p><p>Puede elegir una contraseña nueva en <strong>Mi cuenta → "
            "Contraseña</strong>. Si tampoco le deja, responda a este mensaje y se la cambiamos nosotros.</p><p>{agent}</p>",
            "en": "<p>Hello {first_name},</p><p>You can choose a new password under <strong>My account → "
            "Password</strong>. If that does not work either, answer this message and we will change it for you.</p>"
            "<p>{agent}</p>",
        },
    ),
    (
        {"es": "Resuelto, ¿funciona?", "en": "Solved: does it work?"},
        {
            "es": "<p>Hola, {first_name}:</p><p>Lo de «{subject}» debería funcionar ya. ¿Puede comprobarlo? Si algo sigue "
            "mal, responda a este mensaje y volvemos a ello.</p><p>{agent}</p>",
            "en": "<p>Hello {first_name},</p><p>“{subject}” should work now. Could you check? If anything is still wrong, "
            "answer this message and we will look into it again.</p><p>{agent}</p>",
        },
    ),
)

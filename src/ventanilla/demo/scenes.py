"""What the demo's people write to each other. Each scene is one kind of ticket, in Spanish or English."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    """A matter: what the requester writes, how the desk and the requester go on, and what the ticket is about.

    Lines of `talk` begin with `>` for the desk's public reply, `#` for an internal note, `<` for the requester.
    `team`: the key of the team that alone can solve it; such scenes need the large company.
    """

    language: str
    type: str
    category: str
    service: str
    subject: str
    text: str
    talk: tuple[str, ...] = ()
    impact: str = "medium"
    urgency: str = "medium"
    tags: tuple[str, ...] = ()
    team: str = ""


SCENES = (
    Scene(
        "es",
        "incident",
        "hardware",
        "printing",
        "La impresora {of_place} imprime hojas con símbolos",
        "Buenos días:\n\nDesde esta mañana la impresora {of_place} saca hojas llenas de símbolos cuando mandamos un PDF. Los documentos de texto salen bien.\n\nTenemos gente esperando. ¿Podrían mirarlo cuanto antes?\n\nUn saludo,\n{name}",
        (
            "> Buenos días, {first}: lo estamos mirando. Mientras tanto, he dirigido la cola a la impresora del pasillo para que puedan seguir.",
            "# Es el controlador que entró el martes: rompe los PDF con formulario. En mi puesto, al volver a la versión anterior, imprime bien.",
            "< Por la del pasillo salen bien, muchas gracias. Pero se nos forma cola. ¿Saben cuándo estará la otra?",
            "> Ya está: hemos vuelto a la versión anterior del controlador. Pruebe ahora, por favor, y díganos si sale bien.",
        ),
        urgency="high",
        tags=("impresoras",),
    ),
    Scene(
        "es",
        "incident",
        "accounts",
        "accounts",
        "No puedo entrar en el correo: contraseña caducada",
        "Hola, al encender el ordenador me dice que la contraseña ha caducado y no me deja cambiarla porque dice que no cumple los requisitos. He probado cuatro distintas.\n\nGracias,\n{name}",
        (
            "> Hola, {first}: le acabo de poner una contraseña temporal; se la digo por teléfono. Al entrar le pedirá una nueva de al menos 12 letras, sin su nombre dentro.",
            "< Ya he podido entrar. ¡Gracias por la rapidez!",
        ),
        urgency="high",
        tags=("contraseñas",),
    ),
    Scene(
        "es",
        "request",
        "hardware",
        "workplace",
        "Segundo monitor para el puesto {of_place}",
        "Buenas tardes:\n\nTrabajo todo el día con dos aplicaciones a la vez y me vendría muy bien un segundo monitor. Mi responsable está de acuerdo (en copia).\n\nSaludos,\n{name}",
        (
            "> Buenas tardes, {first}: tenemos uno en el almacén. Se lo llevamos el jueves por la mañana, ¿le viene bien?",
            "< Perfecto, estaré a partir de las nueve.",
        ),
        impact="low",
        urgency="low",
    ),
    Scene(
        "es",
        "incident",
        "network",
        "network",
        "El Wi-Fi {of_place} se cae cada pocos minutos",
        "Desde el lunes el Wi-Fi {of_place} se corta cada diez minutos más o menos. Con el cable no pasa. Somos unas doce personas.\n\n{name}",
        (
            "> Gracias por avisar, {first}. Vemos cortes en el punto de acceso de su planta. Vamos a cambiarlo esta tarde; avisaremos antes de desconectarlo.",
            "# El punto de acceso se reinicia por temperatura. Hay uno igual en el almacén, estante 3.",
        ),
        impact="high",
        urgency="high",
        tags=("wifi",),
    ),
    Scene(
        "es",
        "request",
        "accounts",
        "accounts",
        "Alta de una persona nueva en {place}",
        "Buenos días:\n\nEl próximo lunes se incorpora una compañera {to_place}. Necesitará ordenador, correo, acceso a la carpeta compartida y a la aplicación de facturas.\n\nGracias,\n{name}",
        (
            "> Buenos días, {first}: apuntado. ¿Nos dice el nombre completo y el puesto, para el correo y los permisos?",
            "< Se llama Maite Echeverría Sanz y será administrativa.",
            "# Cuenta creada y añadida a los grupos de su área. Falta el portátil: lo prepara Íñigo.",
        ),
        tags=("altas",),
    ),
    Scene(
        "es",
        "incident",
        "software",
        "billing",
        "La aplicación de facturas da error al cerrar el mes",
        "Al cerrar el mes, la aplicación dice «Error 1205: la transacción se interrumpió» y se queda colgada. Lo hemos intentado tres veces desde dos ordenadores.\n\nEs urgente: mañana hay que presentar el IVA.\n\n{name}",
        (
            "> {first}, lo hemos pasado al proveedor con prioridad. No lo intente más, por favor, para no bloquear las tablas.",
            "# Abierto con el proveedor, su número es 88213. Dicen que hay un bloqueo con la copia de seguridad de las 20:00.",
            "> El proveedor lo ha corregido. ¿Puede cerrar el mes ahora?",
            "< Cerrado sin problemas. Muchísimas gracias, nos han salvado el IVA.",
        ),
        impact="high",
        urgency="high",
        tags=("facturas", "proveedor"),
    ),
    Scene(
        "es",
        "incident",
        "software",
        "office",
        "Excel tarda minutos en abrir el libro {of_place}",
        "El libro de Excel {of_place} pesa 60 MB y tarda casi cinco minutos en abrirse. A veces se queda en blanco. ¿Se puede hacer algo?\n\n{name}",
        (
            "> Hola, {first}: hemos visto que tiene 40.000 estilos repetidos. Le dejamos una copia limpia en la misma carpeta con «-limpio» en el nombre. Compruebe que está todo, por favor.",
        ),
        impact="low",
    ),
    Scene(
        "es",
        "request",
        "software",
        "office",
        "Instalar un lector de planos en dos puestos",
        "Necesitamos abrir planos en formato DWG en los dos puestos {of_place}. Con que se puedan ver y medir nos basta.\n\nUn saludo,\n{name}",
        (
            "> De acuerdo, {first}: lo instalamos hoy a distancia. No hace falta que hagan nada, solo dejar los equipos encendidos.",
        ),
        impact="low",
        urgency="low",
    ),
    Scene(
        "es",
        "incident",
        "hardware",
        "workplace",
        "El portátil no carga",
        "Mi portátil solo funciona enchufado y ahora ni eso: he probado con el cargador de un compañero y tampoco. Tengo una presentación a las cuatro.\n\n{name}",
        (
            "> {first}, le subimos ahora mismo un portátil de préstamo con sus archivos sincronizados. El suyo lo mandamos a reparar.",
            "< Recibido, funciona. Mil gracias.",
            "# En garantía hasta marzo. Parte de reparación enviado al fabricante.",
        ),
        urgency="high",
    ),
    Scene(
        "es",
        "request",
        "accounts",
        "files",
        "Acceso a la carpeta «Presupuestos {year}»",
        "Buenos días, necesito permiso de lectura y escritura en la carpeta «Presupuestos {year}». Me lo ha pedido Intervención.\n\nGracias,\n{name}",
        (
            "> Buenos días, {first}: hemos pedido la autorización al responsable de la carpeta. En cuanto la dé, le damos acceso.",
        ),
        impact="low",
        tags=("permisos",),
    ),
    Scene(
        "es",
        "incident",
        "network",
        "network",
        "No hay Internet en {place}",
        "No tenemos Internet ni teléfono en {place} desde las 8:10. Hay cola de público en la calle.\n\n{name}",
        (
            "> Lo sabemos, {first}: una obra ha cortado la fibra. El operador está en camino. Les activamos ya el router de emergencia por móvil.",
            "# El operador da las 11:30 como hora de reparación. Avisada Dirección.",
            "> Ya vuelve a haber servicio por fibra. ¿Nos confirma que funcionan también los teléfonos?",
            "< Confirmado, todo funciona.",
        ),
        impact="high",
        urgency="high",
        tags=("fibra", "proveedor"),
    ),
    Scene(
        "es",
        "incident",
        "software",
        "office",
        "La firma electrónica no reconoce el certificado",
        "Al firmar, el programa dice que no encuentra el certificado, aunque la tarjeta está metida. Ayer funcionaba.\n\n{name}",
        (
            "> {first}, el navegador se actualizó anoche y perdió el enlace con el lector. Lo hemos reinstalado a distancia: cierre el navegador y pruebe de nuevo.",
            "< Ahora sí. ¡Gracias!",
        ),
        tags=("certificados",),
    ),
    Scene(
        "es",
        "incident",
        "other",
        "phones",
        "El teléfono {of_place} no recibe llamadas",
        "Podemos llamar, pero quien nos llama oye que el número no existe. Es el teléfono {of_place}.\n\n{name}",
        (
            "> Gracias, {first}. Lo hemos abierto con el operador; su referencia es la 5512-B.",
            "# A la espera del operador.",
        ),
        tags=("telefonía", "proveedor"),
    ),
    Scene(
        "es",
        "request",
        "other",
        "meeting-rooms",
        "Preparar la sala para una videoconferencia con {guests} asistentes",
        "El día 14 tenemos una reunión por videoconferencia en la sala grande, con {guests} personas y otras tantas conectadas. ¿Pueden dejar preparados micrófono y pantalla?\n\nGracias,\n{name}",
        (
            "> Hecho, {first}: una hora antes estará todo montado y probado, y habrá alguien a mano los primeros diez minutos.",
        ),
        impact="low",
        urgency="low",
    ),
    Scene(
        "es",
        "incident",
        "software",
        "web",
        "La tienda en línea no deja pagar con tarjeta extranjera",
        "Dos clientes de Francia nos dicen que al pagar con tarjeta les sale «operación denegada». Con tarjetas españolas va bien.\n\n{name}",
        (
            "> {first}, lo estamos viendo con el banco. Parece un filtro de seguridad que activaron ayer.",
            "# El banco pide ejemplos con hora y últimas cuatro cifras.",
            "> ¿Nos puede dar la hora exacta de los dos intentos, por favor?",
        ),
        impact="high",
        tags=("pagos", "proveedor"),
    ),
    Scene(
        "en",
        "incident",
        "software",
        "office",
        "Outlook keeps asking for my password",
        "Hi,\n\nsince this morning Outlook asks for my password every few minutes. Webmail works fine. I have restarted twice.\n\nThanks,\n{name}",
        (
            "> Hi {first}, thanks for letting us know. Your old password was still stored on the laptop; I have removed it remotely. Please open Outlook once more and type the new one.",
            "< That did it. Cheers!",
        ),
    ),
    Scene(
        "en",
        "request",
        "accounts",
        "accounts",
        "VPN access for a contractor",
        "Hello,\n\nwe have a contractor starting on Monday who needs VPN access to the staging servers for three months. Who has to approve this?\n\nBest regards,\n{name}",
        (
            "> Hello {first}, the owner of the servers approves it; I have asked them. Could you tell us the contractor's full name and company?",
            "< Sure: Tom Whitfield, Brightwater Consulting.",
        ),
        tags=("vpn",),
    ),
    Scene(
        "en",
        "incident",
        "network",
        "network",
        "Video calls freeze in {place}",
        "Calls freeze every couple of minutes in {place}. Audio goes on, the picture stops. It affects everybody who sits here.\n\n{name}",
        (
            "> Thanks {first}. We can see packet loss on that floor's switch and will replace it tonight after 19:00.",
            "# Switch replaced; loss is gone. Watching it for two days.",
        ),
        impact="high",
    ),
    Scene(
        "en",
        "request",
        "hardware",
        "workplace",
        "New headset, please",
        "My headset's microphone died. Could I have a new one? A wireless one if there is a choice.\n\n{name}",
        ("> Of course, {first}. You can pick one up at the service desk any time today.", "< Got it, thank you!"),
        impact="low",
        urgency="low",
    ),
    Scene(
        "en",
        "incident",
        "software",
        "billing",
        "Invoice PDF shows the wrong currency",
        "The PDFs we send to UK customers show euros although the invoice is in pounds. Amounts are right, the symbol is wrong. Started after last week's update.\n\n{name}",
        (
            "> Well spotted, {first}. It is a bug in the new template; the supplier will deliver a fix this week. Until then please use the old template.",
        ),
        impact="high",
        tags=("invoices", "supplier"),
    ),
    Scene(
        "en",
        "incident",
        "accounts",
        "files",
        "I deleted a folder by mistake",
        "I deleted the folder “Campaign {year}” from the shared drive this morning. Please tell me there is a backup!\n\n{name}",
        (
            "> There is, {first}. We are restoring last night's copy; you will find it back in the same place within the hour.",
            "< It is all there. You are wonderful.",
        ),
        urgency="high",
        tags=("backup",),
    ),
)

# What only another department or the supplier can solve.
SPECIAL_SCENES = (
    Scene(
        "es",
        "incident",
        "other",
        "meeting-rooms",
        "El aire acondicionado {of_place} no enfría",
        "Buenos días:\n\nEl aire acondicionado {of_place} echa aire, pero caliente. A mediodía no se puede estar.\n\n{name}",
        (
            "> Buenos días, {first}: subimos a mirarlo esta mañana. Si pueden, dejen libre el paso hasta la máquina.",
            "# Filtro obstruido y falta gas. El filtro está cambiado; el frigorista viene mañana a las nueve.",
            "> El técnico lo ha cargado y ya enfría. Si vuelve a subir de 26 grados, díganoslo.",
        ),
        tags=("climatización",),
        team="facilities",
    ),
    Scene(
        "es",
        "request",
        "other",
        "workplace",
        "Dos estanterías para los archivadores {of_place}",
        "Hola:\n\nYa no nos caben los archivadores. ¿Podrían poner dos estanterías como las que hay junto a la ventana?\n\nGracias,\n{name}",
        (
            "> Hola, {first}: las tenemos en el almacén. Las montamos el viernes a primera hora.",
            "< Estupendo, el viernes estamos todos.",
        ),
        impact="low",
        urgency="low",
        team="facilities",
    ),
    Scene(
        "en",
        "incident",
        "other",
        "meeting-rooms",
        "Half of the lights in {place} are out",
        "Hello,\n\nSince this morning every second light in {place} stays dark. Switching them off and on changes nothing.\n\n{name}",
        (
            "> Thank you, {first}. A breaker has tripped; the electrician is on the way.",
            "> All lights are on again: one faulty lamp had taken the rest down with it.",
        ),
        team="facilities",
    ),
    Scene(
        "es",
        "incident",
        "network",
        "network",
        "Sin línea de fibra en {place}",
        "No tenemos Internet en {place} desde las ocho. El equipo del operador tiene la luz roja.\n\n{name}",
        (
            "# Comprobado desde la central: el corte está en la acometida. Avería abierta, cuadrilla asignada.",
            "> Buenos días, {first}: la fibra está cortada en la calle por unas obras. La cuadrilla calcula tres horas; mientras tanto salen por la línea de respaldo.",
            "> Fibra empalmada y línea comprobada. Vuelven a tener toda la velocidad.",
        ),
        impact="high",
        urgency="high",
        tags=("proveedor",),
        team="n4",
    ),
)

PLACES_ES = (
    "Recepción", "Contabilidad", "el almacén", "Atención al cliente", "la segunda planta", "Recursos Humanos",
    "la oficina de Bilbao", "Compras", "el taller", "la tienda", "Dirección", "Logística",
)  # fmt: skip
PLACES_EN = ("Sales", "the Manchester office", "Marketing", "the second floor", "Finance", "Support")

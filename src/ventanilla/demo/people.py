"""The demo's people and structure: names that break narrow layouts on purpose."""

COMPANY = "Grupo Arrizabal"
DOMAIN = "arrizabal.example"
ADDRESS = f"soporte@{DOMAIN}"

AGENTS = (
    # name, role, teams
    ("Nerea Iturriaga Olano", "administrator", ("n1", "n2")),
    ("Joan Puigdomènech Serra", "agent", ("n1",)),
    ("Begoña Ruiz de Gauna", "agent", ("n1",)),
    ("Íñigo Zubizarreta Aguirre", "supervisor", ("n1", "n2", "n3")),
    ("Marisol Cañadas Peña", "agent", ("n2",)),
    ("Óscar Bermúdez Lago", "agent", ("n2",)),
    ("Aitana Ferrer Llull", "agent", ("n2", "n3")),
    ("Rubén Sanjurjo Vázquez", "agent", ("n3",)),
    ("Hannah Whitcombe", "agent", ("n1", "n2")),
    ("Xabier Goikoetxea Mendizábal", "agent", ("facilities",)),
    ("Lucía Manzanares Ortega", "read-only-agent", ("n1",)),
    ("Proveedor Telnor", "agent", ("n4",)),
)

REQUESTERS = (
    "María de los Ángeles Fernández-Cañadas Muñoz", "Pilar Gómez-Acebo Ruiz", "Ramón Etxeberria Zabala",
    "Concepción Núñez Barrios", "José Ángel Muñiz Prado", "Leire Goikoetxea Arana", "Andrés Villalobos Cruz",
    "Montserrat Roca i Pujol", "Francisco Javier Olmedo", "Ainhoa Larrañaga Ugarte", "Teresa Valdés Cifuentes",
    "Manuel Quiroga Fernández", "Inmaculada Serrano Gil", "Jordi Casanovas Vidal", "Rocío Benítez Aranda",
    "Emilio Santamaría López", "Nuria Escudero Prieto", "Gorka Aramburu Iriarte", "Carmen Montalbán Reyes",
    "Daniel Oyarzábal Sáenz", "Patricia Llorente Casas", "Iván Castaño Rubio", "Elena Zorrilla Campos",
    "Tomás Arteaga Blanco", "Silvia Peñalver Soto", "Álvaro Hinojosa Cano", "Yolanda Bastida Marín",
    "Unai Azkarate Bilbao", "Beatriz Calatayud Ramos", "Sergio Palomares Díaz", "Cristina Urrutia Vega",
    "Miguel Ángel Belmonte", "Amaia Orbegozo Ruiz", "Pablo Cienfuegos Mora", "Lorena Barrientos Gallego",
    "Julián Zapatero Núñez", "Marta Iglesias Pardo", "Fernando Aldecoa Sanz", "Olga Restrepo Henao",
    "Víctor Manrique Salas", "Esther Domínguez Ferrer", "Raúl Echevarría Moya",
)  # fmt: skip

CUSTOMERS = (
    ("Bodegas Valdearcos", "valdearcos.example", ("Álvaro Valdearcos Íñiguez", "Sonia Merino Tejada", "Luis Otero Lara", "Clara Bueno Rioja", "Pedro Amézaga", "Irene Sotés")),
    ("Clínica Santa Oria", "santaoria.example", ("Dra. Mercedes Lobo Prieto", "Jaime Quintana", "Rosa Ibarra Cueto", "Noelia Prado", "Hugo Marchena", "Ana Belén Tirado")),
    ("Brightwater Trading Ltd", "brightwater.example", ("Oliver Hargreaves", "Charlotte Ainsworth-Pembroke", "James Okafor", "Priya Raman", "Emily Clarke", "George Whitfield")),
)  # fmt: skip

SERVICES = (
    ("workplace", "Puesto de trabajo", "Workplace", ""),
    ("printing", "Impresión y escaneado", "Printing and scanning", "workplace"),
    ("office", "Ofimática y correo", "Office and mail", "workplace"),
    ("phones", "Telefonía", "Phones", ""),
    ("network", "Red e Internet", "Network and Internet", ""),
    ("accounts", "Cuentas y accesos", "Accounts and access", ""),
    ("files", "Carpetas compartidas", "Shared folders", "accounts"),
    ("billing", "Facturación", "Billing", ""),
    ("web", "Tienda en línea", "Online shop", ""),
    ("meeting-rooms", "Salas de reunión", "Meeting rooms", ""),
)

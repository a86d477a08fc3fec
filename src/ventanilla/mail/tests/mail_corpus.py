"""Nasty mails, made by code: every kind of damage seen in real mail, with invented people only.

Each `Case` says what must come out (attributes of `Mail`) and which leaf contents must be found again.
"""

import base64
import binascii
import quopri
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ventanilla.mail.parse import Mail

CRLF = b"\r\n"
PNG = binascii.unhexlify("89504e470d0a1a0a0000000d49484452") + bytes(range(64)) + b"\0\0\0"
PDF = b"%PDF-1.4\r\n\0\x80\xff--b\r\nfin\r\n%%EOF\0\0"


@dataclass(frozen=True)
class Case:
    """One mail: what comes in, what `parse` must say about it, which bytes must not be lost."""

    name: str
    raw: bytes
    want: dict[str, object] = field(default_factory=dict)
    leaves: tuple[bytes, ...] = ()
    check: Callable[[Mail], bool] | None = None


def head(**fields: Any) -> bytes:
    """Header fields; underscores in names stand for hyphens."""
    values: dict[str, str | bytes] = {
        "From": "Ana Ruiz <ana@cliente.example>",
        "To": "soporte@empresa.example",
        "Subject": "Impresora",
        "Date": "Mon, 23 Nov 2026 10:00:00 +0100",
        "Message-ID": "<1.ana@cliente.example>",
        "MIME-Version": "1.0",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    out = b""
    for name, value in values.items():
        if value != "":
            out += name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) + CRLF
    return out


def text_mail(
    content: bytes, content_type: str = "text/plain; charset=utf-8", encoding: str = "", **fields: Any
) -> bytes:
    """A mail of one part."""
    return head(Content_Type=content_type, Content_Transfer_Encoding=encoding, **fields) + CRLF + content


def part(content: bytes, content_type: str, encoding: str = "", **fields: Any) -> bytes:
    """A body part; base64 and quoted-printable are applied here."""
    out = f"Content-Type: {content_type}\r\n".encode() if content_type else b""
    if encoding:
        out += f"Content-Transfer-Encoding: {encoding}\r\n".encode()
    for name, value in fields.items():
        out += f"{name.replace('_', '-')}: {value}\r\n".encode()
    if encoding == "base64":
        content = base64.encodebytes(content)
    elif encoding == "quoted-printable":
        content = quopri.encodestring(content)
    return out + CRLF + content


def multi(kind: str, *parts: bytes, boundary: str = "b", end: bool = True, preamble: bytes = b"") -> bytes:
    """A multipart as a body part (with its own Content-Type line)."""
    line = f"--{boundary}".encode()
    out = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode() + preamble
    body = b"".join(CRLF + line + CRLF + each for each in parts)
    return out + body + (CRLF + line + b"--" + CRLF if end else b"")


def multi_mail(
    kind: str, *parts: bytes, boundary: str = "b", end: bool = True, preamble: bytes = b"", **fields: Any
) -> bytes:
    """A mail whose top is a multipart."""
    return head(**fields) + multi(kind, *parts, boundary=boundary, end=end, preamble=preamble)


def written_by(name: str, address: str) -> Callable[[Mail], bool]:
    """A check of the author."""
    return lambda mail: (mail.from_.name, mail.from_.address) == (name, address)


def first_file(name: str) -> Callable[[Mail], bool]:
    """A check of the name of the first file."""
    return lambda mail: mail.parts[0].name == name


HELLO = part("Buenos días, no imprime.".encode(), "text/plain; charset=utf-8", "8bit")
HELLO_HTML = part("<p>Buenos <b>días</b>, no imprime.</p>".encode(), "text/html; charset=utf-8", "8bit")


def pdf(name: str = 'name="informe.pdf"', disposition: str = "attachment") -> bytes:
    """An attached PDF."""
    return part(PDF, f"application/pdf; {name}", "base64", Content_Disposition=disposition)


def named(parameter: str) -> bytes:
    """A mail with one attachment named as the wire says."""
    attachment = b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; " + parameter.encode(
        "utf-8", "surrogateescape"
    )
    return multi_mail("mixed", HELLO, attachment + b"\r\n\r\nDATOS")


def tnef(*objects: tuple[int, int, bytes]) -> bytes:
    """A winmail.dat of (level, attribute, bytes)."""
    out = b"\x78\x9f\x3e\x22\x01\x00"
    for level, attribute, value in objects:
        out += struct.pack("<BHHI", level, attribute, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    return out


def mapi(*properties: tuple[int, int, bytes]) -> bytes:
    """A property list of (type, id, bytes) with variable-length values."""
    out = struct.pack("<I", len(properties))
    for kind, identifier, value in properties:
        out += struct.pack("<HHII", kind, identifier, 1, len(value)) + value + b"\0" * (-len(value) % 4)
    return out


WINMAIL = tnef(
    (1, 0x9007, struct.pack("<II", 1252, 0)),
    (1, 0x9003, mapi((0x001E, 0x1000, "Texto de Outlook: mañana\0".encode("cp1252")))),
    (2, 0x9002, b"\0" * 14),
    (2, 0x8010, b"INFORM~1.PDF\0"),
    (2, 0x800F, PDF),
    (2, 0x9005, mapi((0x001F, 0x3707, "informe año.pdf\0".encode("utf-16-le")))),
)

INVITE = (
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Madrid\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
    b"SUMMARY:Revisi\xc3\xb3n del servidor\\, planta 2\r\nDTSTART;TZID=Europe/Madrid:20261123T100000\r\n"
    b"DTEND;TZID=Europe/Madrid:20261123T110000\r\nLOCATION:Sala\r\n  A\r\n"
    b'ORGANIZER;CN="Ana Ruiz":mailto:ana@cliente.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
)
ENCLOSED = multi_mail("mixed", HELLO, pdf(), boundary="dentro", Subject="El original")


def texts() -> Iterator[Case]:
    """Charsets and transfer encodings, honest and lying."""
    word = "Avería del cañón: ¿qué pasa? 20 €"
    for charset in ("utf-8", "iso-8859-15", "cp1252", "utf-16", "utf-7", "mac-roman"):
        yield Case(
            f"charset {charset}", text_mail(word.encode(charset), f"text/plain; charset={charset}"), {"text": word}
        )
    for charset, said in (
        ("koi8-r", "Привет, мир"),
        ("gb2312", "打印机坏了"),
        ("shift_jis", "プリンタ故障"),
        ("euc-kr", "프린터 고장"),
        ("iso-2022-jp", "プリンタ"),
        ("windows-1256", "مرحبا"),
    ):
        yield Case(
            f"charset {charset}", text_mail(said.encode(charset), f'text/plain; charset="{charset}"'), {"text": said}
        )
    latin = "Avería del cañón: ¿qué pasa?"
    yield Case("utf-8 declared, latin-1 sent", text_mail(latin.encode("latin-1")), {"text": latin})
    yield Case("utf-8 declared, cp1252 sent", text_mail("“Señal” – 20 €".encode("cp1252")), {"text": "“Señal” – 20 €"})
    yield Case(
        "latin-1 declared, utf-8 sent", text_mail(word.encode(), "text/plain; charset=iso-8859-1"), {"text": word}
    )
    yield Case(
        "us-ascii declared, utf-8 sent", text_mail(word.encode(), "text/plain; charset=us-ascii"), {"text": word}
    )
    yield Case(
        "us-ascii declared, latin-1 sent",
        text_mail(latin.encode("latin-1"), "text/plain; charset=us-ascii"),
        {"text": latin},
    )
    yield Case("no charset, latin-1 sent", text_mail(latin.encode("latin-1"), "text/plain"), {"text": latin})
    yield Case("latin-1 means cp1252", text_mail(b"\x93hola\x94", "text/plain; charset=iso-8859-1"), {"text": "“hola”"})
    yield Case("last letter of latin-1 café", text_mail(b"caf\xe9"), {"text": "café"})
    for charset in (
        "x-unknown",
        "utf8mb4",
        "unknown-8bit",
        "%charset%",
        "rot13",
        "idna",
        "zlib",
        "\0",
        "utf-8\x7f",
        "a" * 5000,
        "_autodetect",
    ):
        yield Case(
            f"charset {charset[:20]!r}", text_mail(word.encode(), f'text/plain; charset="{charset}"'), {"text": word}
        )
    yield Case(
        "broken iso-2022-jp",
        text_mail(b"\x1b$B%W%\xff\x1b(B hola", "text/plain; charset=iso-2022-jp"),
        check=lambda mail: "hola" in mail.text,
    )
    yield Case("iso-2022-jp not named", text_mail("プリンタ".encode("iso-2022-jp"), "text/plain"), {"text": "プリンタ"})
    yield Case(
        "utf-8 cut in a character",
        text_mail("áéíóú ñ á".encode()[:-1]),
        check=lambda mail: mail.text.startswith("áéíóú ñ"),
    )
    yield Case("byte order mark", text_mail(b"\xef\xbb\xbf" + word.encode(), "text/plain"), {"text": word})
    yield Case(
        "utf-16 cut in half",
        text_mail("hola".encode("utf-16")[:-1], "text/plain; charset=utf-16"),
        check=lambda mail: "hol" in mail.text,
    )
    yield Case(
        "lone surrogate by utf-16",
        text_mail(b"a\0\0\xd8b\0", "text/plain; charset=utf-16le"),
        check=lambda mail: mail.text[0] == "a",
    )
    yield Case("NULs", text_mail(b"a\0b\0c"), {"text": "abc"})
    encoded = base64.encodebytes(word.encode())
    yield Case("base64", text_mail(encoded, encoding="base64"), {"text": word})
    yield Case("base64 in capitals", text_mail(encoded, encoding=" BASE64 "), {"text": word})
    yield Case(
        "base64 without padding",
        text_mail(base64.b64encode(b"hola!").rstrip(b"="), encoding="base64"),
        {"text": "hola!"},
    )
    yield Case(
        "base64 with one letter too many",
        text_mail(base64.b64encode(b"hola!!") + b"A", encoding="base64"),
        {"text": "hola!!"},
    )
    yield Case("base64 in padded pieces", text_mail(b"aG9sYQ==\r\nIQ==\r\nIQ==", encoding="base64"), {"text": "hola!!"})
    yield Case(
        "base64 that is plain text",
        text_mail(b"No, esto no es base64, es un texto normal.", encoding="base64"),
        {"text": "No, esto no es base64, es un texto normal."},
    )
    yield Case(
        "quoted-printable", text_mail(quopri.encodestring(word.encode()), encoding="quoted-printable"), {"text": word}
    )
    yield Case(
        "broken quoted-printable",
        text_mail(b"100 =% seguro =ZZ =\r\nfin =C3=B1=", encoding="quoted-printable"),
        {"text": "100 =% seguro =ZZ fin ñ"},
    )
    yield Case("unknown transfer encoding", text_mail(b"hola", encoding="x-raro"), {"text": "hola"})
    yield Case(
        "uuencode",
        text_mail(b"begin 644 x\r\n" + binascii.b2a_uu(b"hola") + b"`\nend\n", encoding="x-uuencode"),
        {"text": "hola"},
    )
    yield Case(
        "bare CR line ends",
        b"From: ana@cliente.example\rSubject: Hola\r\runo\rdos",
        {"text": "uno\ndos", "subject": "Hola"},
    )
    yield Case(
        "mixed line ends", b"From: ana@cliente.example\nSubject: Hola\r\n\nuno\r\ndos\rtres", {"text": "uno\ndos\ntres"}
    )
    yield Case(
        "flowed",
        text_mail(b"una linea \r\nque sigue\r\n> cita \r\n> sigue\r\n-- \r\nAna", "text/plain; format=flowed"),
        {"text": "una linea que sigue\n> cita sigue\n-- \nAna"},
    )
    yield Case("flowed delsp", text_mail(b"pala \r\nbra", "text/plain; format=flowed; delsp=yes"), {"text": "palabra"})
    yield Case(
        "html only",
        text_mail(b"<p>Hola</p><ul><li>uno<li>dos</ul><blockquote>cita</blockquote>", "text/html; charset=utf-8"),
        {"text": "Hola\n\n- uno\n- dos\n\n> cita"},
    )
    yield Case(
        "html with script and comment",
        text_mail(b"<style>p{}</style><script>alert(1)</script><!-- x --><p>Hola &amp; adi&oacute;s</p>", "text/html"),
        {"text": "Hola & adiós"},
    )
    yield Case(
        "html with absurd reference",
        text_mail(b"a &#" + b"9" * 5000 + b"; b", "text/html"),
        check=lambda mail: mail.text.startswith("a "),
    )
    yield Case("empty body", text_mail(b""), {"text": "", "parts": ()})


def headers() -> Iterator[Case]:
    """What stands, or does not, in the header."""
    yield Case("empty", b"", {"text": "", "parts": ()})
    yield Case("one line end", b"\r\n", {"text": ""})
    yield Case("no header at all", b"No puedo entrar.\n\nUn saludo", {"text": "No puedo entrar.\n\nUn saludo"})
    yield Case(
        "sentence with a colon", b"Hola: no puedo entrar\n\nGracias", {"text": "Hola: no puedo entrar\n\nGracias"}
    )
    yield Case("only a header", head(), {"subject": "Impresora", "text": ""})
    yield Case("header cut", head()[:-20], {"subject": "Impresora"})
    yield Case(
        "mbox line",
        b"From ana@cliente.example Mon Nov 23 10:00:00 2026\n" + text_mail(b"hola"),
        {"text": "hola", "subject": "Impresora"},
    )
    yield Case("empty lines first", b"\r\n\r\n" + text_mail(b"hola"), {"text": "hola", "subject": "Impresora"})
    yield Case("byte order mark first", b"\xef\xbb\xbf" + text_mail(b"hola"), {"subject": "Impresora", "text": "hola"})
    yield Case(
        "no empty line",
        b"From: ana@cliente.example\r\nSubject: Hola\r\nno hay linea vacia\r\nfin",
        {"subject": "Hola", "text": "no hay linea vacia\nfin"},
    )
    yield Case(
        "no From",
        text_mail(b"hola", From="", Reply_To="Bea <bea@cliente.example>"),
        check=lambda mail: mail.from_.address == "bea@cliente.example" and "no_from" in mail.defects,
    )
    yield Case(
        "nobody", text_mail(b"hola", From=""), check=lambda mail: mail.from_.address == "" and "no_from" in mail.defects
    )
    yield Case(
        "two in From",
        text_mail(b"hola", From="ana@cliente.example, bea@cliente.example"),
        check=lambda mail: (
            mail.from_.address == "ana@cliente.example" and "several_from" in mail.defects and len(mail.from_all) == 2
        ),
    )
    yield Case(
        "From twice",
        b"From: bea@cliente.example\r\n" + text_mail(b"hola"),
        check=lambda mail: mail.from_.address == "bea@cliente.example" and "several_from" in mail.defects,
    )
    yield Case(
        "From without an address",
        text_mail(b"hola", From="Ana Ruiz"),
        check=lambda mail: (
            (mail.from_.name, mail.from_.address) == ("Ana Ruiz", "") and "from_without_address" in mail.defects
        ),
    )
    yield Case(
        "From only in quotes", text_mail(b"hola", From='"Ana Ruiz"'), check=lambda mail: mail.from_.name == "Ana Ruiz"
    )
    for wire, name, address in (
        ('"Ruiz, Ana" <ana@cliente.example>', "Ruiz, Ana", "ana@cliente.example"),
        ("ana@cliente.example (Ana Ruiz)", "Ana Ruiz", "ana@cliente.example"),
        ("<ana@CLIENTE.example>", "", "ana@cliente.example"),
        ('"jefe@empresa.example" <ana@cliente.example>', "jefe@empresa.example", "ana@cliente.example"),
        ("Ana [mailto:ana@cliente.example]", "Ana", "ana@cliente.example"),
        ("=?utf-8?q?Ru=C3=ADz=2C_Ana?= <ana@cliente.example>", "Ruíz, Ana", "ana@cliente.example"),
        ('"=?iso-8859-1?q?Ru=EDz?=" <ana@cliente.example>', "Ruíz", "ana@cliente.example"),
        ('"a b"@cliente.example', "", '"a b"@cliente.example'),
        ("ana@españa.example", "", "ana@españa.example"),
        ("Ana <ana@cliente.example", "Ana", "ana@cliente.example"),
        ("Ana <mailto:ana@cliente.example>", "Ana", "ana@cliente.example"),
        ("<@a.example,@b.example:ana@cliente.example>", "", "ana@cliente.example"),
        ("Ana\t\x07\u202e <ana@cliente.example>", "Ana", "ana@cliente.example"),
        ("Ana Ruíz <ana@cliente.example>", "Ana Ruíz", "ana@cliente.example"),
    ):
        yield Case(
            f"From {wire}",
            text_mail(b"hola", From=wire),
            check=written_by(name, address),
        )
    yield Case(
        "From in raw latin-1",
        text_mail(b"hola", From=b"Jos\xe9 <jose@cliente.example>"),
        check=lambda mail: mail.from_.name == "José",
    )
    yield Case(
        "group in To",
        text_mail(b"hola", To="Equipo: ana@cliente.example, Bea <bea@cliente.example>;, c@cliente.example"),
        check=lambda mail: (
            [one.address for one in mail.to] == ["ana@cliente.example", "bea@cliente.example", "c@cliente.example"]
        ),
    )
    yield Case("undisclosed", text_mail(b"hola", To="undisclosed-recipients:;"), {"to": ()})
    yield Case("no To", text_mail(b"hola", To=""), {"to": ()})
    yield Case(
        "a thousand in Cc",
        text_mail(b"hola", Cc=", ".join(f"p{n}@cliente.example" for n in range(1000))),
        check=lambda mail: len(mail.cc) == 1000,
    )
    for wire, subject in (
        ("=?utf-8?b?QXZlcsOtYQ==?=", "Avería"),
        ("=?utf-8?q?Aver=C3=ADa_ca=C3=B1=C3=B3n?=", "Avería cañón"),
        ("=?utf-8?b?YcOx?= =?utf-8?b?b8OxYQ==?=", "añoña"),
        ("=?utf-8?b?YcM=?=\r\n =?utf-8?b?sW8=?=", "año"),
        ("=?utf-8?q?Hola?_qu=C3=A9?=", "Hola? qué"),
        ("=?x-raro?q?Aver=EDa?=", "Avería"),
        ("=?utf-8?q?a=ZZb?=", "a=ZZb"),
        ("=?utf-8?b?AAA", "=?utf-8?b?AAA"),
        ("=?utf-8?b?!!!!?= fin", "fin"),
        ("=?utf-8*es?q?Aver=C3=ADa?=", "Avería"),
        ("Re: =?utf-8?q?A?= y =?utf-8?q?B?=", "Re: A y B"),
        ("uno\r\n dos", "uno dos"),
        ("=?utf-8?q?uno=0D=0ABcc=3A_x=40y?=", "uno Bcc: x@y"),
        ("=?utf-8?q?nul=00_rtl=E2=80=AEx?=", "nul rtlx"),
    ):
        yield Case(f"Subject {wire}", text_mail(b"hola", Subject=wire), {"subject": subject})
    yield Case("Subject in raw utf-8", text_mail(b"hola", Subject="Avería"), {"subject": "Avería"})
    yield Case("Subject in raw latin-1", text_mail(b"hola", Subject=b"Aver\xeda"), {"subject": "Avería"})
    yield Case(
        "Subject of 1 MB",
        text_mail(b"hola", Subject="x" * 1_000_000),
        check=lambda mail: len(mail.subject) == 500 and mail.text == "hola",
    )
    yield Case(
        "header folded over 1 MB",
        text_mail(b"hola", Subject="x\r\n " * 250_000),
        check=lambda mail: mail.text == "hola",
    )
    yield Case(
        "100,000 headers",
        b"X-Uno: 1\r\n" * 100_000 + b"Auto-Submitted: auto-replied\r\n" + text_mail(b"hola"),
        check=lambda mail: (
            mail.text == "hola" and mail.header("Auto-Submitted") == "auto-replied" and mail.subject == "Impresora"
        ),
    )
    for wire in (
        "",
        "mañana",
        "Mon, 99 Nov 2026 10:00:00 +0100",
        "Mon, 23 Nov 2026 10:00:00 +9999",
        "0",
        "Mon, 1 Jan 1900 00:00:00 -2359",
        "1" * 10_000,
    ):
        yield Case(f"Date {wire[:40]}", text_mail(b"hola", Date=wire), {"date": None})
    yield Case(
        "references",
        text_mail(b"hola", References="<a@x>\r\n <b@x> <a@x>", In_Reply_To="<b@x> (Ana)"),
        {"references": ("<a@x>", "<b@x>"), "in_reply_to": ("<b@x>",)},
    )
    yield Case(
        "identifier without brackets",
        text_mail(b"hola", Message_ID="abc@cliente.example"),
        {"message_id": "<abc@cliente.example>"},
    )
    yield Case("no identifier", text_mail(b"hola", Message_ID=""), {"message_id": ""})
    yield Case("null return path", b"Return-Path: <>\r\n" + text_mail(b"hola"), {"return_path": ""})
    yield Case(
        "return path",
        b"Return-Path: <ana@cliente.example>\r\n" + text_mail(b"hola"),
        {"return_path": "ana@cliente.example"},
    )


def names() -> Iterator[Case]:
    """Names of files."""
    for parameter, name in (
        ('filename="informe.pdf"', "informe.pdf"),
        ("filename=informe final (1).pdf", "informe final (1).pdf"),
        ("filename*=utf-8''a%C3%B1o.pdf", "año.pdf"),
        ("filename*0*=utf-8''a%C3; filename*1*=%B1o; filename*2=.pdf", "año.pdf"),
        ("filename*1=final.pdf; filename*0=informe-", "informe-final.pdf"),
        ("filename*=iso-8859-1'es'a%F1o.pdf; filename=ano.pdf", "año.pdf"),
        ("filename*=roto%zz.pdf", "roto%zz.pdf"),
        ("filename*=x-raro''a%F1o.pdf", "año.pdf"),
        ('filename="=?utf-8?q?a=C3=B1o.pdf?="', "año.pdf"),
        ('filename="año.pdf"', "año.pdf"),
        ('filename="a\udcf1o.pdf"', "año.pdf"),
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\\\temp\\\\x.pdf"', "x.pdf"),
        ('filename="C:\\temp\\x.pdf"', "x.pdf"),
        ('filename="..\\\\..\\\\x.pdf"', "x.pdf"),
        ('filename="a\0b.pdf"', "ab.pdf"),
        ('filename="a\x07b.pdf"', "a b.pdf"),
        ('filename="factura\u202efdp.exe"', "facturafdp.exe"),
        ('filename="con.txt"', "_con.txt"),
        ('filename="NUL"', "_NUL"),
        ('filename="..."', "attachment-1"),
        ('filename=""', "attachment-1"),
        ('filename=".htaccess"', "htaccess"),
        ('filename="a<b>:c|d?.pdf"', "a_b__c_d_.pdf"),
        ('filename="sin cerrar.pdf', "sin cerrar.pdf"),
        ('filename="con; punto.pdf"', "con; punto.pdf"),
        ("filename*=utf-8''..%2F..%2Fx.pdf", "x.pdf"),
        ("filename*=utf-8''a%0D%0ABcc%3A%20x.pdf", "a Bcc_ x.pdf"),
    ):
        yield Case(
            f"name {parameter!a}",
            named(parameter),
            {"text": "Buenos días, no imprime."},
            (b"DATOS",),
            first_file(name),
        )
    yield Case(
        "very long name",
        named(f'filename="{"ñ" * 5000}.pdf"'),
        {},
        (b"DATOS",),
        lambda mail: len(mail.parts[0].name) <= 120 and mail.parts[0].name.endswith(".pdf"),
    )
    yield Case(
        "name in Content-Type",
        multi_mail("mixed", HELLO, pdf()),
        {},
        (PDF,),
        lambda mail: mail.parts[0].name == "informe.pdf",
    )
    yield Case(
        "ten thousand parameters",
        named("filename=x.pdf" + "; a=b" * 10_000),
        {},
        (b"DATOS",),
        lambda mail: mail.parts[0].name == "x.pdf",
    )


def structures() -> Iterator[Case]:
    """Parts within parts."""
    yield Case(
        "alternative",
        multi_mail("alternative", HELLO, HELLO_HTML),
        {"text": "Buenos días, no imprime.", "html": "<p>Buenos <b>días</b>, no imprime.</p>", "parts": ()},
    )
    image = part(PNG, "image/png; name=logo.png", "base64", Content_ID="<logo@x>", Content_Disposition="inline")
    shown = part(b'<p>Hola <img src="cid:logo@x"></p>', "text/html")
    related = multi("related", shown, image, boundary="r")
    yield Case(
        "inline image",
        multi_mail("alternative", HELLO, related),
        {},
        (PNG,),
        lambda mail: mail.parts[0].inline and mail.parts[0].content_id == "logo@x",
    )
    yield Case("image not shown", multi_mail("mixed", HELLO, image), {}, (PNG,), lambda mail: not mail.parts[0].inline)
    yield Case(
        "mixed, alternative, related",
        multi_mail("mixed", multi("alternative", HELLO, related, boundary="a"), pdf()),
        {"text": "Buenos días, no imprime."},
        (PNG, PDF),
        lambda mail: [one.inline for one in mail.parts] == [True, False],
    )
    yield Case(
        "text, file, text",
        multi_mail("mixed", HELLO, pdf(), part(b"y un pie", "text/plain")),
        {"text": "Buenos días, no imprime.\n\ny un pie"},
        (PDF,),
    )
    yield Case(
        "alternative with mixed inside",
        multi_mail(
            "alternative", HELLO, multi("mixed", HELLO_HTML, pdf(), part(b"<p>fin</p>", "text/html"), boundary="m")
        ),
        {"text": "Buenos días, no imprime."},
        (PDF,),
        lambda mail: "fin" in mail.html,
    )
    yield Case(
        "html and then text",
        multi_mail("mixed", HELLO_HTML, part(b"un pie <x>", "text/plain")),
        {},
        (),
        lambda mail: "un pie &lt;x&gt;" in mail.html and "un pie <x>" in mail.text,
    )
    yield Case(
        "text as attachment",
        multi_mail("mixed", HELLO, part(b"registro", "text/plain; name=log.txt", Content_Disposition="attachment")),
        {"text": "Buenos días, no imprime."},
        (b"registro",),
    )
    yield Case(
        "html as attachment",
        multi_mail("mixed", HELLO, part(b"<p>x</p>", "text/html", Content_Disposition='attachment; filename="x.html"')),
        {"html": ""},
        (b"<p>x</p>",),
    )
    yield Case(
        "text named inline",
        multi_mail("mixed", HELLO, part(b"registro", "text/plain", Content_Disposition='inline; filename="log.txt"')),
        {},
        (b"registro",),
        lambda mail: mail.parts[0].name == "log.txt",
    )
    yield Case(
        "attachment only",
        head(
            Content_Type="application/pdf; name=x.pdf",
            Content_Transfer_Encoding="base64",
            Content_Disposition="attachment",
        )
        + CRLF
        + base64.encodebytes(PDF),
        {"text": ""},
        (PDF,),
    )
    yield Case(
        "enclosed message",
        multi_mail("mixed", HELLO, part(ENCLOSED, "message/rfc822")),
        {},
        (ENCLOSED,),
        lambda mail: mail.parts[0].name == "El original.eml" and len(mail.parts) == 1,
    )
    yield Case(
        "enclosed message in base64",
        multi_mail("mixed", HELLO, part(ENCLOSED, "message/rfc822", "base64")),
        {},
        (ENCLOSED,),
    )
    yield Case(
        "digest",
        multi_mail("digest", b"\r\n" + ENCLOSED, b"\r\n" + ENCLOSED),
        {},
        (ENCLOSED,),
        lambda mail: [one.content_type for one in mail.parts] == ["message/rfc822"] * 2,
    )
    yield Case("forwarded whole", head(Content_Type="message/rfc822") + CRLF + ENCLOSED, {}, (ENCLOSED,))
    yield Case("part without header", multi_mail("mixed", b"\r\nhola"), {"text": "hola"})
    yield Case("part without empty line", multi_mail("mixed", b"hola sin cabecera"), {"text": "hola sin cabecera"})
    yield Case(
        "part beginning with a colon",
        multi_mail("mixed", b"Hola: sin cabecera\r\n\r\nfin"),
        {"text": "Hola: sin cabecera\n\nfin"},
    )
    yield Case(
        "no closing boundary",
        multi_mail("mixed", HELLO, pdf(), end=False),
        {"text": "Buenos días, no imprime."},
        (PDF,),
        lambda mail: "truncated" in mail.defects,
    )
    yield Case(
        "cut in base64",
        multi_mail("mixed", HELLO, pdf(), end=False)[:-9],
        {"text": "Buenos días, no imprime."},
        (PDF[:-10],),
    )
    yield Case(
        "cut in the header of a part",
        multi_mail("mixed", HELLO, b"Content-Type: applic", end=False),
        {"text": "Buenos días, no imprime."},
    )
    yield Case(
        "parts after the end",
        multi_mail("mixed", HELLO) + b"--b\r\n" + pdf() + b"\r\n--b--\r\n",
        {},
        (PDF,),
        lambda mail: "part_after_end" in mail.defects,
    )
    yield Case(
        "no boundary declared",
        head(Content_Type="multipart/mixed") + b"\r\n--b\r\n" + HELLO + b"\r\n--b\r\n" + pdf() + b"\r\n--b--\r\n",
        {"text": "Buenos días, no imprime."},
        (PDF,),
    )
    yield Case(
        "wrong boundary declared",
        head(Content_Type="multipart/mixed; boundary=otra")
        + b"\r\n--b\r\n"
        + HELLO
        + b"\r\n--b\r\n"
        + pdf()
        + b"\r\n--b--\r\n",
        {"text": "Buenos días, no imprime."},
        (PDF,),
    )
    yield Case(
        "multipart without parts",
        head(Content_Type="multipart/mixed; boundary=b") + b"\r\nsolo un texto\r\n",
        check=lambda mail: "solo un texto" in mail.text,
    )
    yield Case("multipart empty", head(Content_Type="multipart/mixed; boundary=b") + b"\r\n", {"text": "", "parts": ()})
    yield Case(
        "same boundary inside",
        multi_mail("mixed", multi("alternative", HELLO, HELLO_HTML, boundary="b"), pdf()),
        {},
        (PDF,),
        lambda mail: "Buenos" in mail.text,
    )
    yield Case(
        "boundary is a beginning of another",
        multi_mail("mixed", multi("alternative", HELLO, HELLO_HTML, boundary="bb"), pdf()),
        {"text": "Buenos días, no imprime."},
        (PDF,),
    )
    yield Case(
        "boundary ends in dashes",
        multi_mail("mixed", HELLO, pdf(), boundary="b--"),
        {"text": "Buenos días, no imprime."},
        (PDF,),
    )
    yield Case(
        "spaces after boundaries",
        multi_mail("mixed", HELLO, pdf()).replace(b"--b\r\n", b"--b \t\r\n"),
        {"text": "Buenos días, no imprime."},
        (PDF,),
    )
    yield Case(
        "boundary with spaces and quotes",
        multi_mail("mixed", HELLO, pdf(), boundary="a b ?=:"),
        {"text": "Buenos días, no imprime."},
        (PDF,),
    )
    yield Case(
        "line ends LF only",
        multi_mail("mixed", HELLO, pdf()).replace(b"\r\n", b"\n"),
        {"text": "Buenos días, no imprime."},
        (PDF,),
    )
    yield Case(
        "preamble",
        multi_mail("mixed", HELLO, preamble=b"This is a multi-part message in MIME format."),
        {"text": "Buenos días, no imprime."},
    )
    for wire in ("text", "text/", "/plain", "texto plano", "text/plain/x", ";;;", "multipart", "\xff\xff"):
        yield Case(f"type {wire!a}", text_mail(b"hola", wire.encode("latin-1").decode("latin-1")), {"text": "hola"})
    yield Case("unknown type", multi_mail("mixed", HELLO, part(b"\0\1\2", "aplicacion/rara")), {}, (b"\0\1\2",))
    yield Case("bin in text", text_mail(bytes(range(256)) * 10, "text/plain; charset=utf-8"))


def special() -> Iterator[Case]:
    """winmail.dat, invitations, encryption."""
    yield Case(
        "winmail.dat",
        multi_mail("mixed", part(b"", "text/plain"), part(WINMAIL, "application/ms-tnef; name=winmail.dat", "base64")),
        {"text": "Texto de Outlook: mañana"},
        (PDF, WINMAIL),
        lambda mail: [one.name for one in mail.parts] == ["informe año.pdf", "winmail.dat"] and mail.parts[1].unpacked,
    )
    yield Case(
        "winmail.dat beside a text",
        multi_mail("mixed", HELLO, part(WINMAIL, "application/octet-stream; name=winmail.dat", "base64")),
        {"text": "Buenos días, no imprime."},
        (PDF, WINMAIL),
    )
    for size in (3, 7, 20, 60, 120, len(WINMAIL) - 5):
        yield Case(
            f"winmail.dat cut at {size}",
            multi_mail("mixed", HELLO, part(WINMAIL[:size], "application/ms-tnef; name=winmail.dat", "base64")),
            {},
            (WINMAIL[:size],),
        )
    lying = tnef((1, 0x9003, struct.pack("<IHHI", 0xFFFFFFFF, 0x1002, 0x1000, 0xFFFFFFFF)), (2, 0x9005, b"\xff" * 40))
    yield Case(
        "winmail.dat with lying counts",
        multi_mail("mixed", HELLO, part(lying, "application/ms-tnef", "base64")),
        {},
        (lying,),
    )
    yield Case(
        "invitation only",
        head(Content_Type="text/calendar; method=REQUEST; charset=utf-8") + CRLF + INVITE,
        {},
        (INVITE,),
        lambda mail: (
            mail.calendar is not None
            and mail.calendar.method == "REQUEST"
            and mail.text.startswith("Revisión del servidor, planta 2\n2026-11-23 10:00 (Europe/Madrid) – ")
            and "Sala A" in mail.text
        ),
    )
    yield Case(
        "invitation beside a text",
        multi_mail("alternative", HELLO, HELLO_HTML, part(INVITE, "text/calendar; method=REQUEST")),
        {"text": "Buenos días, no imprime."},
        (INVITE,),
        lambda mail: mail.parts[0].name == "invite.ics",
    )
    yield Case(
        "broken invitation",
        head(Content_Type="text/calendar") + CRLF + b"BEGIN:VEVENT\r\n:::\r\nDTSTART:ayer\r\n" + b"X" * 10_000,
        check=lambda mail: len(mail.parts) == 1,
    )
    yield Case(
        "S/MIME opaque",
        head(
            Content_Type='application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
            Content_Transfer_Encoding="base64",
        )
        + CRLF
        + base64.encodebytes(PDF),
        {},
        (PDF,),
        lambda mail: "S/MIME" in mail.text and mail.parts[0].name == "smime.p7m",
    )
    yield Case(
        "S/MIME detached",
        multi_mail("signed", HELLO, part(b"firma", "application/pkcs7-signature; name=smime.p7s", "base64")),
        {"text": "Buenos días, no imprime."},
        (b"firma",),
    )
    yield Case(
        "PGP/MIME",
        multi_mail(
            "encrypted",
            part(b"Version: 1", "application/pgp-encrypted"),
            part(b"-----BEGIN PGP MESSAGE-----", "application/octet-stream; name=encrypted.asc"),
        ),
        {},
        (b"Version: 1", b"-----BEGIN PGP MESSAGE-----"),
        lambda mail: "PGP" in mail.text and "pgp_encrypted" in mail.defects,
    )
    yield Case(
        "PGP in the text",
        text_mail(b"-----BEGIN PGP MESSAGE-----\r\n\r\nabc"),
        check=lambda mail: "pgp_encrypted" in mail.defects,
    )


def nested(levels: int) -> bytes:
    """A multipart in a multipart, `levels` deep, a text and a file at the bottom."""
    begins = (
        f"Content-Type: multipart/mixed; boundary=nivel{level}\r\n\r\n--nivel{level}\r\n" for level in range(levels)
    )
    ends = (f"\r\n--nivel{level}--\r\n" for level in reversed(range(levels)))
    bottom = multi("mixed", HELLO, pdf(), boundary="fondo")
    return head() + "".join(begins).encode() + bottom + "".join(ends).encode()


def many_parts(count: int) -> bytes:
    """A mail of `count` small files."""
    return multi_mail(
        "mixed",
        HELLO,
        *(
            part(f"contenido {number}".encode(), f"application/x-dato; name=f{number}.bin", "base64")
            for number in range(count)
        ),
    )


def huge() -> Iterator[Case]:
    """Size and number as a weapon."""
    yield Case(
        "one line of 3 MB",
        text_mail(b"x" * 3_000_000),
        {},
        (b"x" * 3_000_000,),
        lambda mail: "long_text" in mail.defects,
    )
    yield Case("500 levels", nested(500), {"text": "Buenos días, no imprime."}, (PDF,))
    yield Case("20,000 levels", nested(20_000), {"text": "Buenos días, no imprime."}, (PDF,))
    yield Case(
        "10,000 parts",
        many_parts(10_000),
        {"text": "Buenos días, no imprime."},
        tuple(f"contenido {number}".encode() for number in range(0, 10_000, 97)),
        lambda mail: len(mail.parts) == 300,
    )
    yield Case(
        "30,000 parts",
        many_parts(30_000),
        {"text": "Buenos días, no imprime."},
        (),
        lambda mail: "too_many_parts" in mail.defects,
    )
    yield Case("300,000 empty parts", head(Content_Type="multipart/mixed; boundary=b") + b"\r\n" + b"--b\r\n" * 300_000)
    yield Case("lines of dashes", multi_mail("mixed", part(b"--no\r\n" * 200_000, "text/plain"), pdf()), {}, (PDF,))


@cache
def corpus() -> list[Case]:
    """Every case, each with a name of its own."""
    return [*texts(), *headers(), *names(), *structures(), *special(), *huge()]

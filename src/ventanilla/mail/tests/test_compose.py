"""Letters: what is written is what any program reads, and nothing can break out of a header."""

import email
from datetime import UTC, datetime
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.mail.compose import Attachment, BadAddress, Letter, compose, needs_smtputf8
from ventanilla.mail.headers import Address
from ventanilla.mail.marks import message_id, read_reference
from ventanilla.mail.parse import parse

MESSAGE_ID = message_id(b"k" * 32, ticket=12, message=34, domain="empresa.example")


def letter(**changes: Any) -> Letter:
    """A plain letter with some things changed."""
    values: dict[str, Any] = {
        "from_": Address("Soporte", "soporte@empresa.example"),
        "to": (Address("Ana Ruiz", "ana@cliente.example"),),
        "subject": "Re: [INC-12] Impresora",
        "text": "Buenos días, Ana:\n\nYa está.\n",
        "message_id": MESSAGE_ID,
        "date": datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    }
    return Letter(**(values | changes))


def test_a_letter_is_read_back() -> None:
    files = (
        Attachment("informe año.pdf", "application/pdf", b"%PDF\0\xff"),
        Attachment("logo.png", "image/png", b"\x89PNG\0", "logo@empresa"),
        Attachment("original.eml", "message/rfc822", b"Subject: x\r\n\r\ny"),
        Attachment("notas.txt", "text/plain", "año\n".encode("latin-1")),
    )
    raw = compose(
        letter(
            html='<p>Buenos días <img src="cid:logo@empresa"></p>',
            attachments=files,
            cc=(Address("", "bea@cliente.example"),),
            reply_to=(Address("Soporte", "soporte+abc@empresa.example"),),
            in_reply_to="<padre@cliente.example>",
            references=("<abuelo@cliente.example>",),
            automatic="auto-replied",
            installation="i-1",
            language="es",
        )
    )
    mail = parse(raw)
    assert mail.defects == ()
    assert (mail.from_, mail.to[0].name, mail.cc[0].address) == (
        Address("Soporte", "soporte@empresa.example"),
        "Ana Ruiz",
        "bea@cliente.example",
    )
    assert mail.reply_to[0].address == "soporte+abc@empresa.example"
    assert mail.subject == "Re: [INC-12] Impresora"
    assert mail.text.strip() == "Buenos días, Ana:\n\nYa está."
    assert "Buenos días" in mail.html
    assert {(part.name, part.content) for part in mail.parts} == {(file.name, file.content) for file in files}
    assert [part.name for part in mail.parts if part.inline] == ["logo.png"]
    assert mail.message_id == MESSAGE_ID
    assert mail.references == ("<abuelo@cliente.example>", "<padre@cliente.example>")
    assert mail.in_reply_to == ("<padre@cliente.example>",)
    assert mail.header("Auto-Submitted") == "auto-replied"
    assert mail.header("X-Auto-Response-Suppress") == "All"
    assert mail.header("X-Ventanilla-Installation") == "i-1"
    assert not mail.header("List-Id")
    assert mail.date == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_standard_library_reads_the_same() -> None:
    raw = compose(
        letter(
            subject="Avería del cañón " * 12,
            from_=Address("Atención, S. A.", "soporte@empresa.example"),
            html="<p>x</p>",
        )
    )
    message = email.message_from_bytes(raw, policy=default)
    assert message["Subject"] == ("Avería del cañón " * 12).strip()
    assert message["From"].addresses[0].display_name == "Atención, S. A."
    assert message["Message-ID"] == MESSAGE_ID
    assert message.get_content_type() == "multipart/alternative"


def test_a_person_s_reply_is_not_marked_automatic() -> None:
    assert parse(compose(letter())).header("Auto-Submitted") == ""


def test_long_identifiers_are_never_encoded_or_cut() -> None:
    long = tuple(f"<{'x' * 150}{number}@cliente.example>" for number in range(40))
    mail = parse(compose(letter(references=long, in_reply_to=long[5])))
    assert len(mail.references) == 20
    assert (mail.references[0], mail.references[-1]) == (long[0], long[5])
    assert read_reference([b"k" * 32], parse(compose(letter(references=(MESSAGE_ID, *long)))).references) == 12


EVIL = "x\r\nBcc: todos@empresa.example\r\n\r\n<script>\0\u202e\ud800"


def test_nothing_breaks_out_of_a_header() -> None:
    raw = compose(
        letter(
            from_=Address(EVIL, "soporte@empresa.example"),
            to=(Address(EVIL, "ana@cliente.example"),),
            subject=EVIL,
            installation=EVIL,
            in_reply_to=f"<{EVIL}@x>",
            references=("<a@x>\r\nBcc: y@x",),
            language="es\r\nBcc: x",
            attachments=(Attachment(EVIL, "text/plain\r\nBcc: x", b"x"),),
            html="<p>x</p>",
            text=EVIL,
        )
    )
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert b"bcc" not in names
    assert len(names) == len(set(names))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@x.example",
        "ana@",
        "a b@x.example",
        "ana@x.example\r\nBcc: y@x",
        "a<b@x.example",
        "a,b@x.example",
        "ana@x y",
        "ana@" + "ñ" * 200 + ".example",
    ],
)
def test_a_bad_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        compose(letter(to=(Address("Ana", address),)))


def test_nobody_addressed_is_refused() -> None:
    with pytest.raises(ValueError, match="recipient"):
        compose(letter(to=()))


def test_international_addresses() -> None:
    abroad = letter(to=(Address("José", "jose@españa.example"),))
    assert b"jose@xn--espaa-rta.example" in compose(abroad)
    assert not needs_smtputf8(abroad)
    accented = letter(to=(Address("", "josé@cliente.example"),))
    assert needs_smtputf8(accented)
    assert parse(compose(accented)).to[0].address == "josé@cliente.example"


ONE_LINE = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=120).map(
    lambda text: " ".join(text.split())
)


@given(name=ONE_LINE, subject=ONE_LINE, text=st.text(max_size=300), content=st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_is_a_mail(name: str, subject: str, text: str, content: bytes) -> None:
    raw = compose(
        letter(
            from_=Address(name, "soporte@empresa.example"),
            subject=subject,
            text=text,
            html="<p>x</p>",
            attachments=(Attachment("x.bin", "application/x", content),),
        )
    )
    mail = parse(raw)
    assert mail.subject == subject
    assert mail.from_.name == name.strip("\"' ")
    assert mail.from_.address == "soporte@empresa.example"
    assert mail.parts[-1].content == content
    assert mail.message_id == MESSAGE_ID
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))

"""S/MIME: what is signed is read, what is encrypted stays closed, and nothing of it ever fails."""

import base64
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.mail.parse import Mail, parse
from ventanilla.mail.smime import MOST_LAYERS, signed_content
from ventanilla.mail.tests.test_parse import assert_sane, signed_pieces
from ventanilla.mail.tests.write import DESK, write
from ventanilla.tickets.models import Message

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
NOTICE = "S/MIME"


@cache
def signer() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    """A certificate nobody trusts, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ana Ruiz")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return certificate, key


def sign(content: bytes) -> bytes:
    """CMS SignedData around a MIME entity, as mail programs make it."""
    certificate, key = signer()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def encrypt(content: bytes) -> bytes:
    certificate, _key = signer()
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).add_recipient(certificate)
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def in_pieces(der: bytes, content: bytes) -> bytes:
    """The same structure in BER, its content in pieces of a thousand bytes, as programs that stream write it."""
    oid = bytes.fromhex("06092a864886f70d0107")
    assert content in der
    pieces = b"".join(
        b"\x04\x82" + len(piece).to_bytes(2) + piece
        for piece in (content[at : at + 1000] for at in range(0, len(content), 1000))
    )
    end = b"\0\0"
    encapsulated = b"\x30\x80" + oid + b"\x01" + b"\xa0\x80\x24\x80" + pieces + end * 3
    return b"\x30\x80" + oid + b"\x02" + b"\xa0\x80\x30\x80\x02\x01\x01\x31\x00" + encapsulated + b"\x31\x00" + end * 3


def entity(text: str = "No imprime nada.", *, html: str = "", files: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """A MIME entity: what a mail program signs."""
    message = EmailMessage(policy=SMTP)
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, content in files:
        message.add_attachment(content, "image", "png", filename=name)
    return message.as_bytes()


def carry(body: bytes, content_type: str = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m") -> bytes:
    """A mail with this body."""
    return (
        f"From: Ana Ruiz <ana@cliente.example>\r\nTo: {DESK}\r\nSubject: Firmado\r\n"
        "Message-ID: <signed@cliente.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + base64.encodebytes(body)


def files_of(mail: Mail) -> dict[str, bytes]:
    return {part.name: part.content for part in mail.parts if not part.unpacked}


@pytest.mark.parametrize("streamed", [False, True], ids=["der", "ber"])
@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "application/x-pkcs7-mime",
        "application/octet-stream; name=SMIME.P7M",
    ],
)
def test_text_and_files_of_a_signed_mail_are_read(content_type: str, streamed: bool) -> None:
    content = entity(html="<p>No <b>imprime</b> nada.</p>", files=(("foto.png", PNG * 100),))
    body = in_pieces(sign(content), content) if streamed else sign(content)
    mail = parse(carry(body, content_type))
    assert_sane(mail)
    assert mail.text.strip() == "No imprime nada." and "<b>imprime</b>" in mail.html
    assert files_of(mail) == {"foto.png": PNG * 100}
    assert NOTICE not in mail.text + mail.html
    assert "smime_signed" in mail.defects
    (original,) = [part for part in mail.parts if part.unpacked]
    assert original.content == body


def test_what_stands_around_a_signed_part_stays() -> None:
    content = entity("Firmado.", html="<p>Firmado.</p>")
    message = EmailMessage(policy=SMTP)
    message["From"] = "ana@cliente.example"
    message.set_content("Antes.")
    message.add_alternative("<p>Antes.</p>", subtype="html")
    message.make_mixed()
    message.add_attachment(sign(content), "application", "pkcs7-mime", filename="smime.p7m")
    message.add_attachment(PNG, "image", "png", filename="foto.png")
    mail = parse(message.as_bytes())
    assert [line for line in mail.text.splitlines() if line] == ["Antes.", "Firmado."]
    assert mail.html.index("Antes.") < mail.html.index("Firmado.")
    assert files_of(mail) == {"foto.png": PNG}


@pytest.mark.parametrize("layers", range(1, MOST_LAYERS + 3))
def test_signed_again_and_again_is_opened_as_far_as_anybody_signs(layers: int) -> None:
    body = sign(entity())
    for _ in range(layers - 1):
        inner = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        body = sign(inner + base64.encodebytes(body))
    mail = parse(carry(body))
    assert_sane(mail)
    if layers <= MOST_LAYERS:
        assert mail.text.strip() == "No imprime nada."
    else:
        assert NOTICE in mail.text and list(files_of(mail)) == ["smime.p7m"]


def test_encrypted_stays_closed_with_its_note_and_its_file() -> None:
    body = encrypt(entity())
    mail = parse(carry(body, "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"))
    assert NOTICE in mail.text and "imprime" not in mail.text
    assert files_of(mail) == {"smime.p7m": body}
    assert "smime_opaque" in mail.defects


def test_encrypted_within_a_signature_stays_closed() -> None:
    sealed = encrypt(entity())
    inner = b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    mail = parse(carry(sign(inner + base64.encodebytes(sealed))))
    assert NOTICE in mail.text and files_of(mail) == {"smime.p7m": sealed}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x30",
        b"\x30\x80" * 100_000,
        b"\x24\x80" * 1_000 + b"\x04\x01a" + b"\0\0" * 1_000,
        bytes.fromhex("300b06092a864886f70d010702"),
        bytes.fromhex("3013 06092a864886f70d010702 a0063004 02010131"),
        bytes.fromhex("30840fffffff06092a864886f70d010702"),
        b"-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n",
        b"no es CMS",
    ],
)
def test_what_cannot_be_opened_is_kept_as_it_came(body: bytes) -> None:
    assert signed_content(body) is None
    mail = parse(carry(body))
    assert_sane(mail)
    assert all(part.content == body for part in mail.parts)
    assert NOTICE in mail.text


def test_certificates_alone_are_no_mail() -> None:
    certificates = pkcs7.serialize_certificates([signer()[0]], serialization.Encoding.DER)
    assert signed_content(certificates) is None


@given(at=st.integers(min_value=0), given_=st.binary(max_size=8), cut=st.booleans())
def test_a_damaged_one_never_fails(at: int, given_: bytes, cut: bool) -> None:
    whole = sign(entity(files=(("foto.png", PNG),)))
    at %= len(whole)
    body = whole[:at] + given_ + (b"" if cut else whole[at + len(given_) :])
    mail = parse(carry(body))
    assert_sane(mail)
    assert any(part.content == body for part in mail.parts)


@given(body=st.binary(max_size=400))
def test_any_bytes_are_taken(body: bytes) -> None:
    assert signed_content(body) is None
    assert_sane(parse(carry(body)))


def test_pieces_of_two_bytes_are_put_together() -> None:
    assert parse(signed_pieces(50)).text == "ab" * 50


@pytest.mark.django_db
def test_a_signed_mail_becomes_a_ticket_one_can_read(deliver) -> None:
    content = entity("La impresora no va.", files=(("foto.png", PNG),))
    answer = deliver(carry(sign(content)))
    assert answer.outcome == "opened"
    message = Message.objects.get(ticket=answer.row.ticket)
    assert message.text.strip() == "La impresora no va."
    assert [file.name for file in message.attachments.all()] == ["foto.png"]
    assert deliver(write("Sin firma.")).outcome == "opened"

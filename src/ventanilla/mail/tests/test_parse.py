"""`parse`: right on every nasty mail, total on any bytes, bounded in time."""

import base64
import io
import time
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ventanilla.mail.charsets import decode
from ventanilla.mail.mime import split
from ventanilla.mail.parse import Limits, Mail, parse
from ventanilla.mail.tests import mail_corpus
from ventanilla.mail.tests.mail_corpus import Case, corpus

CORPUS = corpus()
SMALL = [case.raw for case in CORPUS if len(case.raw) < 20_000]


def contents(mail: Mail) -> list[bytes]:
    """Every file of a mail, those in the archive of surplus parts included."""
    found = []
    for part in mail.parts:
        found.append(part.content)
        if part.name == "more-attachments.zip":
            with zipfile.ZipFile(io.BytesIO(part.content)) as archive:
                found += [archive.read(name) for name in archive.namelist()]
    return found


def assert_sane(mail: Mail) -> None:
    """What holds for every mail, whatever came in."""
    assert not any(defect.startswith("unparsed") for defect in mail.defects), mail.defects
    one_liners = [
        mail.subject,
        mail.message_id,
        mail.from_.name,
        mail.from_.address,
        *mail.references,
        *mail.in_reply_to,
    ]
    one_liners += [text for person in (*mail.to, *mail.cc, *mail.reply_to) for text in (person.name, person.address)]
    one_liners += [text for part in mail.parts for text in (part.name, part.content_type, part.content_id)]
    one_liners += [value for _, value in mail.headers]
    for text in one_liners:
        assert not any(ord(character) < 32 or ord(character) == 127 for character in text), text
    for text in (mail.text, mail.html, *one_liners):
        assert "\0" not in text
        text.encode("utf-8")
    for part in mail.parts:
        assert part.name
        assert len(part.name) <= 120
        assert "/" not in part.name
        assert "\\" not in part.name
        assert not part.name.startswith(".")
    assert len(mail.subject) <= 500
    assert len(mail.text) <= 500_000
    assert len(mail.parts) <= 300


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    assert len(CORPUS) >= 120
    assert len({case.name for case in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_every_nasty_mail_is_understood_and_loses_nothing(case: Case) -> None:
    mail = parse(case.raw)
    assert_sane(mail)
    for name, wanted in case.want.items():
        assert getattr(mail, name) == wanted
    kept = contents(mail)
    for leaf in case.leaves:
        assert any(leaf in content for content in kept), leaf[:60]
    if case.check is not None:
        assert case.check(mail), mail


@pytest.mark.parametrize("case", [case for case in CORPUS if case.name != "30,000 parts"], ids=lambda case: case.name)
def test_every_leaf_is_present_in_the_mail(case: Case) -> None:
    mail = parse(case.raw)
    files = set(contents(mail))
    for leaf in split(case.raw).leaves:
        if leaf.content in files or not leaf.content.strip(b"\r\n\0"):
            continue
        text = decode(leaf.content, leaf.charset).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        if leaf.parameters.get("format") == "flowed":
            continue
        whole = (
            mail.text + mail.html + "".join(part.content.decode() for part in mail.parts if part.name == "message.txt")
        )
        assert text in whole


@given(st.binary(max_size=3000))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_mail(raw: bytes) -> None:
    assert_sane(parse(raw))


PIECES = st.sampled_from(
    [
        b"From: a@b.example\r\n",
        b"Subject: =?utf-8?q?",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: text/html; charset=utf-16\r\n",
        b"Content-Type: application/x; name*0*=utf-8''%; name=\"",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Type: application/ms-tnef\r\n",
        b"Content-Type: message/delivery-status\r\n",
        b"Content-Type: text/calendar\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"--b\r\n",
        b"--b--\r\n",
        b"<a href='",
        b"<!--",
        b"&#x",
        b"\x1b$B",
        b"\xff\xfe",
        b"\x78\x9f\x3e\x22",
        b"=",
        b"(",
        b'"',
    ]
)


@given(st.lists(PIECES | st.binary(max_size=20), max_size=60).map(b"".join))
@settings(max_examples=300, deadline=None)
def test_any_heap_of_mail_pieces_gives_a_mail(raw: bytes) -> None:
    assert_sane(parse(raw))


@given(st.sampled_from(SMALL), st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_mails_give_a_mail(raw: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        until = data.draw(st.integers(at, min(len(raw), at + 40)))
        raw = raw[:at] + data.draw(st.binary(max_size=12) | PIECES) + raw[until:]
    assert_sane(parse(raw))


@given(
    text=st.text(
        st.characters(codec="utf-8", exclude_characters="\0\r\ufeff", exclude_categories=["Cs"]), max_size=300
    ),
    files=st.lists(st.tuples(st.text("abcñ ", min_size=1, max_size=20), st.binary(max_size=200)), max_size=4),
    subject=st.text("abc ñ€¿漢", max_size=100),
)
@settings(max_examples=150, deadline=None)
def test_what_a_well_behaved_program_sends_comes_back(text: str, files: list[tuple[str, bytes]], subject: str) -> None:
    message = EmailMessage(policy=SMTP)
    message["From"] = "ana@cliente.example"
    message["Subject"] = " ".join(subject.split())
    message.set_content(text)
    for name, content in files:
        message.add_attachment(content, "application", "x-dato", filename=f"{name.strip() or 'x'}.bin")
    mail = parse(message.as_bytes())
    # A text of white space alone is no text.
    assert mail.text.rstrip("\n") == (text.rstrip("\n") if text.strip() else "")
    assert mail.subject == " ".join(subject.split())
    assert [part.content for part in mail.parts] == [content for _, content in files]


def cost(make: Callable[[int], bytes], size: int, runs: int) -> float:
    """The least processor time of some runs, in seconds."""
    raw = make(size)
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        parse(raw)
        best = min(best, time.process_time() - start)
    return best


def under(prefix: bytes, unit: bytes) -> Callable[[int], bytes]:
    """A maker of mails with `unit` repeated."""
    return lambda count: b"From: a@b.example\r\n" + prefix + unit * count


def signed_pieces(count: int) -> bytes:
    """A signed mail whose content comes in pieces of two bytes, in lengths that are not told before."""
    pieces = b"\x24\x80" + b"\x04\x02ab" * count + b"\0\0"
    signed = bytes.fromhex("308006092a864886f70d010702a080308002010131003080 06092a864886f70d010701a080")
    return (
        b"From: a@b.example\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(signed + pieces + b"\0\0" * 2 + b"\x31\x00" + b"\0\0" * 3)
    )


GROWING = {
    "one line": (under(b"\r\n", b"x"), 400_000),
    "levels": (mail_corpus.nested, 2_000),
    "parts": (mail_corpus.many_parts, 1_000),
    "headers": (under(b"", b"X-A: b\r\n"), 10_000),
    "empty parts": (under(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", b"--b\r\n"), 5_000),
    "opened tags": (under(b"Content-Type: text/html\r\n\r\n", b'<a "'), 50_000),
    "less-than signs": (under(b"Content-Type: text/html\r\n\r\n", b"<"), 200_000),
    "comments": (under(b"Content-Type: text/html\r\n\r\n", b"<!-- "), 20_000),
    "styles": (under(b"Content-Type: text/html\r\n\r\n", b"<style>"), 15_000),
    "quotes": (under(b"Content-Type: text/html\r\n\r\n", b"<blockquote>a"), 10_000),
    "base64 pieces": (under(b"Content-Transfer-Encoding: base64\r\n\r\n", b"QQ=="), 100_000),
    "multiparts without boundary": (
        under(b"Content-Type: multipart/mixed\r\n\r\n", b"--b\r\nContent-Type: multipart/x\r\n\r\n"),
        1_500,
    ),
    "calendar": (under(b"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\n", b"A;"), 50_000),
    "tnef objects": (
        under(b"Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\x01\x00", b"\x02\x02\x90\x06\0\0\0\0\0\0\0"),
        4_000,
    ),
    "addresses": (under(b"\r\n", b"a@b.example "), 20_000),
    "signed pieces": (signed_pieces, 3_000),
}


@pytest.mark.parametrize("name", GROWING)
def test_ten_times_the_size_costs_about_ten_times_the_time(name: str) -> None:
    make, size = GROWING[name]
    # Quadratic would be a hundred times; the allowance is for a noisy machine and a small denominator. What one run
    # shows is enough when it is good, and a busy moment is not held against it.
    for runs in (1, 3):
        small, large = cost(make, size, 3), cost(make, size * 10, runs)
        if large <= 35 * max(small, 0.004):
            return
    pytest.fail(f"{small} s, and {large} s for ten times the size")


def test_limits_keep_the_whole_as_a_part() -> None:
    raw = mail_corpus.text_mail("añ".encode() * 200)
    mail = parse(raw, limits=Limits(max_text_characters=100))
    assert mail.text == "añ" * 50
    assert mail.parts[0].content.decode() == "añ" * 200

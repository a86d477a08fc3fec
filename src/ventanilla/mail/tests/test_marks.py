"""Signed marks: what we made is read back, everything else is not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.mail import marks

KEY, OLD_KEY, FOREIGN = b"k" * 32, b"o" * 32, b"f" * 32
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def identifier(key: bytes = KEY, ticket: int = 12, message: int = 34) -> str:
    return marks.message_id(key, ticket=ticket, message=message, domain="empresa.example")


def token(key: bytes = KEY, hours: int = 1, audience: marks.Audience = "public") -> str:
    return marks.reply_token(key, ticket=12, person=7, audience=audience, expires_at=NOW + timedelta(hours=hours))


@given(ticket=st.integers(1, 10**15), message=st.integers(0, 10**15))
def test_a_mark_is_read_back(ticket: int, message: int) -> None:
    mark = identifier(ticket=ticket, message=message)
    assert marks.read_mark([KEY], mark) == marks.Mark(ticket, message)
    assert marks.read_reference([KEY], f"<x@y> {mark}\r\n <z@y>") == ticket


def test_keys_rotate_and_case_and_domain_may_change() -> None:
    assert marks.read_reference([KEY, OLD_KEY], identifier(OLD_KEY)) == 12
    assert marks.read_reference([KEY], identifier().upper()) == 12
    assert marks.read_reference([KEY], identifier().replace("empresa.example", "nueva.example")) == 12
    assert marks.read_reference([KEY], ["<a@b>", identifier()]) == 12


@pytest.mark.parametrize(
    "value",
    [
        "",
        "<>",
        "<v.12.34@empresa.example>",
        "<v.12.34.@empresa.example>",
        identifier(FOREIGN),
        identifier().replace("v.12.", "v.13."),
        identifier().replace(".34.", ".35."),
        identifier().replace("<v.12.34.", "<v.12.34.a"),
        identifier()[:-1],
        identifier().replace("<v", "<r"),
        "<v." + "9" * 5000 + ".1." + "a" * 26 + "@x>",
        "<v.٣.34." + "a" * 26 + "@x>",
    ],
)
def test_a_forged_foreign_or_unsigned_mark_names_no_ticket(value: str) -> None:
    assert marks.read_reference([KEY, OLD_KEY], value) is None
    assert marks.read_reference([], identifier()) is None


def test_the_last_genuine_mark_counts() -> None:
    value = f"{identifier(ticket=1)} {identifier(ticket=2)} {identifier(FOREIGN, ticket=3)}"
    assert marks.read_reference([KEY], value) == 2


@given(
    ticket=st.integers(1, 2**56 - 1),
    person=st.integers(1, 2**56 - 1),
    audience=st.sampled_from(["public", "internal"]),
    seconds=st.integers(1, 10**8),
)
def test_a_reply_token_is_read_back(ticket: int, person: int, audience: marks.Audience, seconds: int) -> None:
    expires = NOW + timedelta(seconds=seconds)
    made = marks.reply_token(KEY, ticket=ticket, person=person, audience=audience, expires_at=expires)
    wanted = marks.ReplyToken(ticket, person, audience, expires)
    assert len(made) <= 58
    assert marks.read_reply_token([OLD_KEY, KEY], f"Soporte <reply+{made.upper()}@x.example>", now=NOW) == wanted
    message_id = marks.token_message_id(made, unique="a1", domain="x.example")
    assert marks.read_reply_token([KEY], ["<q@y>", message_id], now=NOW) == wanted


def test_a_token_expires() -> None:
    address = marks.reply_address("reply@x.example", token(hours=1))
    assert marks.read_reply_token([KEY], address, now=NOW + timedelta(minutes=59)) is not None
    assert marks.read_reply_token([KEY], address, now=NOW + timedelta(hours=1)) is None


@pytest.mark.parametrize("position", range(0, 33, 3))
def test_a_changed_token_is_refused(position: int) -> None:
    made = token()
    letter = "a" if made[position] != "a" else "b"
    changed = made[:position] + letter + made[position + 1 :]
    assert marks.read_reply_token([KEY], f"reply+{changed}@x.example", now=NOW) is None


def test_a_token_of_another_key_or_kind_is_refused() -> None:
    assert marks.read_reply_token([KEY], f"reply+{token(FOREIGN)}@x.example", now=NOW) is None
    assert marks.read_reply_token([KEY], identifier(), now=NOW) is None
    assert marks.read_reply_token([], f"reply+{token()}@x.example", now=NOW) is None
    assert marks.read_reply_token([KEY], "reply+" + "a" * 30 + "@x.example", now=NOW) is None


def test_a_long_mailbox_keeps_its_address() -> None:
    mailbox = "centro.de.atencion.a.usuarios.de.la.empresa@x.example"
    assert marks.reply_address(mailbox, token()) == mailbox
    assert len(marks.reply_address("soporte@x.example", token()).partition("@")[0]) <= 64


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Re: [INC-12] Impresora", ("INC-12",)),
        ("RV: [#INC-12] y [SOL-3] [inc-12]", ("INC-12", "SOL-3")),
        ("INC-12 sin corchetes", ()),
        ("[urgente] [12] [INC-] [INC-12a]", ()),
        ("", ()),
    ],
)
def test_numbers_in_the_subject(subject: str, numbers: tuple[str, ...]) -> None:
    assert marks.subject_numbers(subject) == numbers


@given(st.text(max_size=300))
def test_any_text_is_survived(text: str) -> None:
    assert marks.read_mark([KEY], text) is None
    assert marks.read_reply_token([KEY], text, now=NOW) is None
    marks.subject_numbers(text)

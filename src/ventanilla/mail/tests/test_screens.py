"""Screens: what machines send is told from what people send, without a single mistake on this set."""

# ruff: noqa: E501  the sample mails stand as on the wire
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.mail.parse import Mail, parse
from ventanilla.mail.screens import Facts, Kind, authentication, is_automatic, screen
from ventanilla.mail.tests.mail_corpus import HELLO, INVITE, corpus, head, multi_mail, part, text_mail

FACTS = Facts(
    own_addresses=frozenset({"soporte@empresa.example"}),
    own_domains=frozenset({"mesa.empresa.example"}),
    installation="i-1",
    blocked=frozenset({"malo@cliente.example", "spam.example"}),
    allowed=frozenset({"bueno@spam.example", "socio.example"}),
)
REPLY = {"In_Reply_To": "<1@mesa.empresa.example>", "References": "<1@mesa.empresa.example>"}
DAEMON = {"From": "Mail Delivery System <MAILER-DAEMON@mx.cliente.example>", "Return_Path": "<>"}
ORIGINAL = b"From: soporte@empresa.example\r\nMessage-ID: <77@mesa.empresa.example>\r\nSubject: [INC-7] x\r\n\r\nhola"


def plain(body: str = "Hola, sigue sin ir.", **fields: Any) -> bytes:
    """A text mail."""
    return text_mail(body.encode(), **fields)


def dsn(*, status: str = "5.1.1", action: str = "failed", original: str = "message/rfc822", **fields: Any) -> bytes:
    """A standard delivery report (RFC 3464)."""
    block = (
        f"Reporting-MTA: dns; mx.cliente.example\r\n\r\nOriginal-Recipient: rfc822;nadie@cliente.example\r\n"
        f"Final-Recipient: rfc822; NADIE@cliente.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no\r\n such user\r\n"
    )
    return multi_mail(
        "report",
        part(b"No se pudo entregar.", "text/plain"),
        part(block.encode(), "message/delivery-status"),
        part(ORIGINAL, original),
        **(DAEMON | {"Subject": "Undelivered Mail Returned to Sender", "Auto_Submitted": "auto-replied"} | fields),
    )


def bounces() -> Iterator[tuple[str, bytes]]:
    yield "postfix", dsn()
    yield "headers only", dsn(original="text/rfc822-headers")
    yield "delayed", dsn(status="4.4.1", action="delayed", Subject="Delayed Mail (still being retried)")
    yield (
        "exchange",
        dsn(
            From="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@cliente.example>",
            Subject="No se puede entregar: [INC-7] x",
        ),
    )
    yield "no null path", dsn(Return_Path="")
    yield "ordinary subject", dsn(Subject="Re: [INC-7] x", Auto_Submitted="")
    yield "qmail", plain(
        "Hi. This is the qmail-send program at mx.cliente.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<nadie@cliente.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\nReturn-Path: <soporte@empresa.example>\nMessage-ID: <77@mesa.empresa.example>\nSubject: x\n\nhola\n",
        Subject="failure notice", **DAEMON)  # fmt: skip
    yield "gmail", plain(
        "** Address not found **\n\nYour message wasn't delivered to nadie@cliente.example because the address couldn't be found.\n\nMessage-ID: <77@mesa.empresa.example>\n",
        Subject="Delivery Status Notification (Failure)", From="Mail Delivery Subsystem <mailer-daemon@googlemail.com>", X_Failed_Recipients="nadie@cliente.example", Return_Path="<>")  # fmt: skip
    yield "exim", plain(
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its recipients.\n\n  nadie@cliente.example\n    550 5.1.1 no such user\n\n  Message-ID: <77@mesa.empresa.example>\n",
        Subject="Mail delivery failed: returning message to sender", From="Mail Delivery System <Mailer-Daemon@mx.cliente.example>", X_Failed_Recipients="nadie@cliente.example", Return_Path="<>")  # fmt: skip
    yield "old exchange in Spanish", plain(
        "No se pudo entregar el mensaje a los siguientes destinatarios:\n\n  nadie@cliente.example\n\n#5.1.1\n\nMessage-ID: <77@mesa.empresa.example>",
        Subject="No entregado: [INC-7] x", From="Administrador del sistema <postmaster@cliente.example>", Return_Path="<>")  # fmt: skip
    yield "German", plain(
        "Ihre Nachricht konnte nicht zugestellt werden:\n<nadie@cliente.example>: 550 5.1.1 unbekannt\n\nMessage-ID: <77@mesa.empresa.example>",
        Subject="Unzustellbar: x", **DAEMON)  # fmt: skip
    yield "report without a machine part", multi_mail(
        "report", part(b"Correo devuelto: <nadie@cliente.example>: 5.1.1\r\nMessage-ID: <77@mesa.empresa.example>", "text/plain"),
        Subject="x", From="MAILER-DAEMON@mx.cliente.example")  # fmt: skip


def auto_replies() -> Iterator[tuple[str, bytes]]:
    answer = {"Subject": "Re: [INC-7] x"} | REPLY
    yield "RFC 3834", plain(**(answer | {"Auto_Submitted": "auto-replied"}))
    yield (
        "RFC 3834 with parameters",
        plain(**(answer | {"Auto_Submitted": 'Auto-Replied (vacation); owner-email="ana@cliente.example"'})),
    )
    yield "auto-notified", plain(Auto_Submitted="auto-notified")
    yield "X-Autoreply", plain(X_Autoreply="yes", **answer)
    yield "X-Autorespond", plain(X_Autorespond="vacaciones", **answer)
    yield "Precedence", plain(Precedence="auto_reply", **answer)
    yield "autogenerated", plain(X_Autogenerated="Reply", **answer)
    yield "message class", plain(X_POST_MessageClass="9; Autoresponder", **answer)
    yield "null path on an answer", plain(Return_Path="<>", **answer)
    for subject in (
        "Automatic reply: [INC-7] x",
        "Respuesta automática: [INC-7] x",
        "Resposta automàtica: [INC-7] x",
        "Automatische Antwort: [INC-7] x",
        "Abwesenheitsnotiz: [INC-7] x",
        "Abwesenheit: x",
        "Autoreply: x",
        "Auto-Reply",
        "Réponse automatique : x",
        "Out of Office: Re: [INC-7] x",
        "Out of the office Re: [INC-7] x",
        "Fuera de la oficina: Re: [INC-7] x",
        "Ausente de la oficina: RE: x",
        "Estoy de vacaciones: Re: x",
        "Nicht im Büro: AW: x",
        "Ich bin im Urlaub: AW: x",
    ):
        yield subject, plain("Estoy fuera hasta el lunes.", Subject=subject)
    yield (
        "Fuera de la oficina, exchange",
        plain(Subject="Fuera de la oficina", X_Auto_Response_Suppress="All", Auto_Submitted="auto-generated", **REPLY),
    )
    yield "Ausencia, bulk", plain(Subject="Ausencia", Precedence="bulk")
    yield "vacation, answers", plain(Subject="Vacation", **REPLY)


def receipts() -> Iterator[tuple[str, bytes]]:
    notification = b"Final-Recipient: rfc822;ana@cliente.example\r\nOriginal-Message-ID: <77@mesa.empresa.example>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
    yield (
        "read receipt",
        multi_mail("report", HELLO, part(notification, "message/disposition-notification"), Subject="Leído: [INC-7] x"),
    )


def lists() -> Iterator[tuple[str, bytes]]:
    yield "List-Id", plain(List_Id="Debate <debate.lista.example>", Precedence="list")
    yield "List-Post", plain(List_Post="<mailto:debate@lista.example>")
    yield (
        "List-Id without brackets",
        plain(List_Id="debate.lista.example", List_Unsubscribe="<mailto:baja@lista.example>"),
    )


def loops() -> Iterator[tuple[str, bytes]]:
    yield "own mark", plain(X_Ventanilla_Installation="i-1")
    yield "own mark, auto-replied", plain(X_Ventanilla_Installation="i-1", Auto_Submitted="auto-replied")
    yield "own address", plain(From="Soporte <SOPORTE@empresa.example>")
    yield (
        "own address and identifier",
        plain(From="soporte@empresa.example", Message_ID="<v.1.2.abc@mesa.empresa.example>"),
    )


def machines() -> Iterator[tuple[str, bytes]]:
    yield "alarm", plain(Subject="[ALERTA] disco lleno", Auto_Submitted="auto-generated")
    yield "newsletter", plain(Subject="Novedades", List_Unsubscribe="<https://x.example/baja>", Precedence="bulk")
    yield "suppress all", plain(Subject="Informe del escáner", X_Auto_Response_Suppress="All")
    yield "another Ventanilla", plain(X_Ventanilla_Installation="otra", Auto_Submitted="auto-generated")
    yield "no-reply", plain(From="Tienda <no-reply@tienda.example>")
    yield "null path, no answer", plain(Subject="Aviso", Return_Path="<>")


def people() -> Iterator[tuple[str, bytes]]:
    yield "new", plain()
    yield "answer", plain(Subject="Re: [INC-7] x", **REPLY)
    yield (
        "forward",
        plain(
            "Reenvío: 'Undelivered Mail Returned to Sender', user unknown, 5.1.1",
            Subject="Fwd: Undelivered Mail Returned to Sender",
        ),
    )
    yield "forwards an automatic reply", plain("Me llega esto", Subject="RV: Respuesta automática: x")
    yield "answers an automatic reply", plain("Ya veo", Subject="Re: Automatic reply: [INC-7] x", **REPLY)
    yield (
        "out of office as a matter",
        plain("¿Cómo pongo el mensaje?", Subject="Out of office no funciona en mi Outlook"),
    )
    yield "out of office as a question", plain("¿Cómo?", Subject="Fuera de la oficina: ¿cómo lo configuro?")
    yield "vacation as a matter", plain("Pido una semana", Subject="Vacaciones de agosto")
    yield "ausencia as a matter", plain("x", Subject="Ausencia de red en la planta 2")
    yield (
        "out of office in the text",
        plain("Tengo un aviso de 'out of office' y respuesta automática que no se quita."),
    )
    yield "automatic as a word", plain(Subject="Respuesta automática que no se envía")
    yield (
        "bounce as a matter",
        plain(
            "Recibo 'Delivery Status Notification (Failure)' y 'user unknown' al escribir.", Subject="Correo devuelto"
        ),
    )
    yield (
        "postmaster writes",
        plain(
            "Our users get 'user unknown' from you.",
            From="Pep <postmaster@cliente.example>",
            Subject="Problem with your server",
        ),
    )
    yield "not automatic", plain(Auto_Submitted="no")
    yield "X-Autoreply no", plain(X_Autoreply="no")
    yield (
        "Exchange stamps people's mail",
        plain(X_Auto_Response_Suppress="DR, RN, NRN", X_MS_Exchange_Inbox_Rules_Loop="ana@cliente.example"),
    )
    yield (
        "own group",
        plain(List_Id="<soporte.empresa.example>", Precedence="list", List_Unsubscribe="<mailto:x@empresa.example>"),
    )
    yield (
        "own group by post",
        plain(List_Id="<g1.grupos.example>", List_Post="<mailto:soporte@empresa.example>", Precedence="list"),
    )
    yield "invitation", head(Content_Type="text/calendar; method=REQUEST") + b"\r\n" + INVITE
    yield (
        "accepts an invitation",
        head(Content_Type="text/calendar; method=REPLY", Subject="Aceptado: reunión") + b"\r\n" + INVITE,
    )
    yield "a bounce attached", multi_mail("mixed", HELLO, part(dsn(), "message/rfc822"), boundary="fuera")
    yield (
        "our mail attached",
        multi_mail("mixed", HELLO, part(b"X-Ventanilla-Installation: i-1\r\n\r\nx", "message/rfc822")),
    )
    yield "our identifier answered", plain(Message_ID="<v.1.2.abc@otra.example>", **REPLY)
    yield "looks like our domain", plain(From="soporte@empresa.example.com")
    yield "high priority", plain(Precedence="first-class", X_Priority="1")


SET: list[tuple[Kind, str, bytes]] = [
    *(("bounce", name, raw) for name, raw in bounces()),
    *(("auto_reply", name, raw) for name, raw in auto_replies()),
    *(("receipt", name, raw) for name, raw in receipts()),
    *(("list", name, raw) for name, raw in lists()),
    *(("own_loop", name, raw) for name, raw in loops()),
    *(("machine", name, raw) for name, raw in machines()),
    *(("accept", name, raw) for name, raw in people()),
]
DESTINATION = {"bounce": "attach_quietly", "auto_reply": "attach_quietly", "receipt": "attach_quietly", "list": "deliver", "own_loop": "quarantine", "machine": "deliver", "accept": "deliver"}  # fmt: skip


def test_the_set_is_large() -> None:
    assert len(SET) >= 60


@pytest.mark.parametrize(("kind", "name", "raw"), SET, ids=[f"{kind}: {name}" for kind, name, _ in SET])
def test_every_mail_gets_its_verdict(kind: Kind, name: str, raw: bytes) -> None:
    mail = parse(raw)
    verdict = screen(mail, FACTS)
    assert verdict.kind == kind, (name, verdict)
    assert verdict.destination == DESTINATION[kind]
    assert verdict.automatic == (kind != "accept")


@pytest.mark.parametrize(("name", "raw"), list(bounces()), ids=[name for name, _ in bounces()])
def test_a_bounce_says_who_failed_and_what_was_sent(name: str, raw: bytes) -> None:
    report = parse(raw).report
    assert report is not None
    assert [recipient.address for recipient in report.recipients] == ["nadie@cliente.example"]
    assert report.recipients[0].permanent == (name != "delayed")
    assert report.recipients[0].status == ("4.4.1" if name == "delayed" else "" if name == "gmail" else "5.1.1")
    assert report.original_message_id == "<77@mesa.empresa.example>"


def mail(**fields: Any) -> Mail:
    return parse(plain(**fields))


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("malo@cliente.example", "blocked"),
        ("MALO@Cliente.Example", "blocked"),
        ("otro@cliente.example", "accept"),
        ("x@spam.example", "blocked"),
        ("x@sub.spam.example", "blocked"),
        ("x@notspam.example", "accept"),
        ("bueno@spam.example", "accept"),
    ],
)
def test_blocked_senders(sender: str, kind: str) -> None:
    verdict = screen(mail(From=f"X <{sender}>"), FACTS)
    assert verdict.kind == kind
    assert verdict.destination == ("quarantine" if kind == "blocked" else "deliver")


def test_a_blocked_envelope_sender_counts() -> None:
    assert screen(mail(Return_Path="<x@spam.example>"), FACTS).kind == "blocked"


@pytest.mark.parametrize(("count", "kind"), [(59, "accept"), (60, "rate_limited"), (500, "rate_limited")])
def test_more_than_sixty_an_hour_wait_in_quarantine(count: int, kind: str) -> None:
    facts = Facts(own_addresses=FACTS.own_addresses, allowed=FACTS.allowed, sent_last_hour=count)
    verdict = screen(mail(), facts)
    assert verdict.kind == kind
    if kind == "rate_limited":
        assert verdict.destination == "quarantine"
        assert verdict.data["limit"] == "60"
    assert screen(mail(From="x@socio.example"), facts).kind == "accept"
    assert screen(parse(dsn()), facts).kind == "bounce"


def test_a_storm_of_automatic_replies_is_rate_limited_and_still_automatic() -> None:
    verdict = screen(mail(Auto_Submitted="auto-replied"), Facts(sent_last_hour=60))
    assert (verdict.kind, verdict.automatic) == ("rate_limited", True)


def test_too_big() -> None:
    verdict = screen(mail(), Facts(max_bytes=100))
    assert (verdict.kind, verdict.destination) == ("too_big", "quarantine")


def test_lists_may_be_held_back_by_policy() -> None:
    raw = plain(List_Id="<debate.lista.example>")
    facts = Facts(list_destination="quarantine", allowed=frozenset({"socio.example"}))
    assert screen(parse(raw), facts).destination == "quarantine"
    assert (
        screen(parse(plain(List_Id="<debate.lista.example>", From="x@socio.example")), facts).destination == "deliver"
    )
    assert screen(parse(raw), Facts(own_lists=frozenset({"debate.lista.example"}))).kind == "accept"


@pytest.mark.parametrize("case", [case for case in corpus() if len(case.raw) < 50_000], ids=lambda case: case.name)
def test_every_nasty_mail_gets_a_verdict(case: object) -> None:
    raw = case.raw  # type: ignore[attr-defined]
    verdict = screen(parse(raw), FACTS)
    assert verdict.reason
    assert verdict.automatic or not is_automatic(parse(raw))


RESULTS = "mx.empresa.example; spf=pass smtp.mailfrom=ana@cliente.example; dkim=pass header.d=cliente.example; dmarc=pass header.from=cliente.example"
HOSTS = ["mx.empresa.example"]


def results(*values: str, **fields: Any) -> bytes:
    """A mail with Authentication-Results, topmost first."""
    return b"".join(f"Authentication-Results: {value}\r\n".encode() for value in values) + plain(**fields)


@pytest.mark.parametrize(
    ("values", "hosts", "found", "trusted"),
    [
        ([RESULTS], HOSTS, ("pass", "pass", "pass"), True),
        ([RESULTS.upper()], HOSTS, ("pass", "pass", "pass"), True),
        ([RESULTS], ["otro.example"], ("none", "none", "none"), False),
        ([RESULTS], [], ("none", "none", "none"), False),
        ([], HOSTS, ("none", "none", "none"), False),
        (["mx.empresa.example; none"], HOSTS, ("none", "none", "none"), False),
        (
            ["mx.empresa.example; dmarc=fail header.from=cliente.example", RESULTS],
            HOSTS,
            ("none", "none", "fail"),
            False,
        ),
        (
            ["forja.example; dmarc=pass header.from=cliente.example", RESULTS.replace("pass", "fail")],
            HOSTS,
            ("fail", "fail", "fail"),
            False,
        ),
        (
            ["mx.empresa.example 1; spf=pass (ok; dmarc=pass) smtp.mailfrom=x@otro.example"],
            HOSTS,
            ("pass", "none", "none"),
            False,
        ),
        (["mx.empresa.example; spf=pass smtp.mailfrom=cliente.example"], HOSTS, ("pass", "none", "none"), True),
        (
            ["mx.empresa.example; dkim=fail header.d=x.example; dkim=pass header.d=cliente.example"],
            HOSTS,
            ("none", "pass", "none"),
            True,
        ),
        (["mx.empresa.example; dkim=pass header.d=x.example"], HOSTS, ("none", "pass", "none"), False),
        (["mx.empresa.example; dkim=pass header.d=example"], HOSTS, ("none", "pass", "none"), False),
        (["mx.empresa.example; dmarc=pass header.from=otro.example"], HOSTS, ("none", "none", "fail"), False),
        (['mx.empresa.example; spf=fail smtp.mailfrom="x; dmarc=pass"'], HOSTS, ("fail", "none", "none"), False),
        (["mx.empresa.example.otro.example; dmarc=pass"], HOSTS, ("none", "none", "none"), False),
        ([";;;===((("], HOSTS, ("none", "none", "none"), False),
    ],
)
def test_only_our_own_server_is_believed(
    values: list[str], hosts: list[str], found: tuple[str, str, str], trusted: bool
) -> None:
    auth = authentication(parse(results(*values)), hosts)
    assert (auth.spf, auth.dkim, auth.dmarc) == found
    assert auth.trusted == trusted


@pytest.mark.parametrize("author", ["ana@cliente.example, jefe@empresa.example", "Ana", ""])
def test_an_unclear_author_is_never_trusted(author: str) -> None:
    assert not authentication(parse(results(RESULTS, From=author)), HOSTS).trusted


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_result_is_survived(value: str) -> None:
    raw = b"Authentication-Results: mx.empresa.example; " + value.encode("utf-8", "replace") + b"\r\n" + plain()
    authentication(parse(raw), HOSTS)

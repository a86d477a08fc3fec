"""Folding of quotes, signatures and notices: the right place, and never a character lost."""

# ruff: noqa: E501  the sample mails stand as on the wire
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.core.htmltext import html_to_text, tokens
from ventanilla.mail.quotes import REPLY_MARKER, fold_html, fold_text

NEW = "Sigue sin funcionar.\n"
OLD = "> Pruebe a reiniciar.\n> Un saludo\n"

FOLDED = {
    "gmail es": ("El lun, 23 nov 2026 a las 10:00, Ana Ruiz (<ana@cliente.example>) escribió:\n\n" + OLD, "quote"),
    "gmail en": ("On Mon, Nov 23, 2026 at 10:00 AM Ana Ruiz <ana@cliente.example> wrote:\n\n" + OLD, "quote"),
    "gmail en wrapped": ("On Mon, Nov 23, 2026 at 10:00 AM Ana Ruiz <ana@cliente.example>\nwrote:\n\n" + OLD, "quote"),
    "gmail es on three lines": ("El lun, 23 nov 2026 a las 10:00,\nAna Ruiz (<ana@cliente.example>)\nescribió:\n\n" + OLD, "quote"),
    "old gmail": ("2026-11-23 10:00 GMT+01:00 Ana Ruiz <ana@cliente.example>:\n\n" + OLD, "quote"),
    "apple es": ("El 23 nov 2026, a las 10:00, Ana Ruiz <ana@cliente.example> escribió:\n\n" + OLD, "quote"),
    "apple en": ("On 23 Nov 2026, at 10:00, Ana Ruiz <ana@cliente.example> wrote:\n\n" + OLD, "quote"),
    "thunderbird es": ("El 23/11/2026 a las 10:00, Ana Ruiz escribió:\n" + OLD, "quote"),
    "thunderbird en": ("On 11/23/2026 10:00 AM, Ana Ruiz wrote:\n" + OLD, "quote"),
    "name first": ("Ana Ruiz <ana@cliente.example> escribió (23 nov 2026):\n" + OLD, "quote"),
    "catalan": ("El dia 23 nov 2026, a les 10:00, Ana Ruiz va escriure:\n" + OLD, "quote"),
    "german": ("Am 23.11.2026 um 10:00 schrieb Ana Ruiz:\n" + OLD, "quote"),
    "quote not marked": ("El lun, 23 nov 2026 a las 10:00, Ana Ruiz escribió:\n\nPruebe a reiniciar.\n", "quote"),
    "outlook es": ("De: Ana Ruiz <ana@cliente.example>\nEnviado: lunes, 23 de noviembre de 2026 10:00\nPara: Soporte\nAsunto: RE: x\n\nPruebe\n", "quote"),
    "outlook en": ("From: Ana Ruiz\nSent: Monday\nTo: Support\nSubject: RE: x\n\nTry\n", "quote"),
    "outlook bold": ("*De:* Ana Ruiz\n*Enviado:* lunes\n*Para:* Soporte\n*Asunto:* x\n\nPruebe\n", "quote"),
    "outlook web": ("________________________________\nDe: Ana Ruiz\nEnviado: lunes\nPara: Soporte\nAsunto: x\n\nPruebe\n", "quote"),
    "original es": ("-----Mensaje original-----\nDe: Ana\nEnviado el: lunes\nPara: Soporte\nAsunto: x\n\nPruebe\n", "quote"),
    "original en": ("-----Original Message-----\nFrom: Ana\nSent: x\nTo: y\nSubject: z\n\nTry\n", "quote"),
    "our line es": (f"--- {REPLY_MARKER['es']} ---\n\nEstimada Ana:\n", "quote"),
    "our line en, quoted": (f"On Mon, 23 Nov 2026 at 10:00, Support wrote:\n> --- {REPLY_MARKER['en']} ---\n> Dear Ana\n", "quote"),
    "signature": ("-- \nAna Ruiz\nCliente, S. A.\nTel. 900 000 000\n", "signature"),
    "signature and quote": ("-- \nAna Ruiz\n\nEl 23/11/2026 a las 10:00, Soporte escribió:\n" + OLD, "signature"),
    "iphone es": ("Enviado desde mi iPhone\n", "signature"),
    "iphone en": ("Sent from my iPhone\n", "signature"),
    "outlook mobile": ("Obtener Outlook para iOS<https://ejemplo.example/x>\n", "signature"),
    "samsung": ("Enviado desde mi Galaxy\n", "signature"),
    "iphone and quote": ("Enviado desde mi iPhone\n\n> El 23 nov 2026, a las 10:00, Soporte escribió:\n> \n> Hola\n> Adiós\n", "signature"),
    "legal es": ("AVISO LEGAL: este mensaje y sus anexos son confidenciales\ny para su destinatario.\n\nAntes de imprimir este correo piense en el medio ambiente.\n", "notice"),
    "legal lopd": ("En cumplimiento del Reglamento (UE) 2016/679 (RGPD), le informamos de que sus datos personales serán tratados\npor Cliente, S. A.\n", "notice"),
    "legal en": ("CONFIDENTIALITY NOTICE: This email is intended for the recipient only.\n", "notice"),
    "legal below a line": ("________________________\nEste mensaje se dirige exclusivamente a su destinatario.\n", "notice"),
    "bare quote": (OLD + "> más\n", "quote"),
}  # fmt: skip

KEPT = {
    "answers between": "El 23/11/2026 a las 10:00, Ana escribió:\n> ¿Qué equipo?\nEl 12.\n> ¿Desde cuándo?\nDesde ayer.\n",
    "answer below": "> ¿Qué equipo es?\n> ¿Desde cuándo?\n> ¿Dónde?\n\nEl 12, desde ayer.\n",
    "forward": "Miren esto:\n\n---------- Forwarded message ---------\nDe: Ana\nDate: x\nSubject: y\nTo: z\n\nTexto\n",
    "forward es": "Miren esto:\n\n-------- Mensaje reenviado --------\nAsunto: y\nFecha: x\nDe: Ana\nPara: z\n\nTexto\n",
    "everything is quoted": "> uno\n> dos\n> tres\n",
    "only a legal notice": "AVISO LEGAL: este mensaje es confidencial.\n",
    "data protection is the matter": "Hola:\n\nEn cumplimiento del RGPD solicito que borren mis datos personales.\n\nGracias\n",
    "wrote, without a date": "Hola:\nEl técnico que vino ayer me escribió:\nque no hacía falta.\n",
    "the word De": "De: lunes a viernes no hay nadie\nasí que mejor el sábado\n",
    "dashes in the text": "Opciones\n--- A ---\nuna\n--- B ---\notra\n",
    "sent from, in a sentence": "Hola.\nEnviado desde el almacén el paquete, falta recibirlo.\n",
    "two pasted lines": "Sale esto:\n\n> error 5\n> reintentar\n",
    "empty": "",
    "blank": "\n \n",
}


@pytest.mark.parametrize("name", FOLDED)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_old_is_folded(name: str, end: str) -> None:
    tail, kind = FOLDED[name]
    text = (NEW + "\n" + tail).replace("\n", end)
    folded = fold_text(text)
    assert folded.visible + folded.folded == text
    assert folded.visible.strip() == NEW.strip()
    assert folded.kind == kind


@pytest.mark.parametrize("name", KEPT)
def test_what_is_new_stays_visible(name: str) -> None:
    folded = fold_text(KEPT[name])
    assert (folded.visible, folded.folded, folded.kind) == (KEPT[name], "", "")


LINES = st.sampled_from(
    [line for tail, _ in FOLDED.values() for line in tail.split("\n")]
    + [line for text in KEPT.values() for line in text.split("\n")]
)


@given(st.lists(LINES | st.text(max_size=30), max_size=30).map("\n".join))
@settings(max_examples=400, deadline=None)
def test_nothing_is_ever_cut(text: str) -> None:
    folded = fold_text(text)
    assert folded.visible + folded.folded == text
    assert bool(folded.folded) == bool(folded.kind)
    assert not text.strip() or folded.visible.strip()


HTML = {
    "gmail": '<div dir="ltr">Sigue igual</div><br><div class="gmail_quote"><div class="gmail_attr">El lun, 23 nov 2026 a las 10:00, Ana (&lt;<a href="mailto:ana@cliente.example">ana@cliente.example</a>&gt;) escribió:<br></div><blockquote>VIEJO<div>VIEJO</div></blockquote></div>',
    "gmail without classes": "<div>Sigue igual</div><br><div><div>El lun, 23 nov 2026 a las 10:00, Ana escribió:<br></div><blockquote>VIEJO<div>VIEJO</div></blockquote></div>",
    "outlook": "<div><p>Sigue igual</p><p>&nbsp;</p><div><div><p><b>De:</b> Ana<br><b>Enviado el:</b> lunes<br><b>Para:</b> x<br><b>Asunto:</b> y</p></div></div><p>VIEJO</p></div>",
    "outlook web": '<div>Sigue igual</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Ana<br><b>Sent:</b> x<br><b>To:</b> y<br><b>Subject:</b> z</div><div>VIEJO</div>',
    "apple": '<p>Sigue igual</p><div><br><blockquote type="cite"><div>El 23 nov 2026, a las 10:00, Ana &lt;a@b.example&gt; escribió:</div><br><div>VIEJO</div></blockquote></div>',
    "thunderbird": '<p>Sigue igual</p><div class="moz-cite-prefix">El 23/11/26 a las 10:00, Ana escribió:<br></div><blockquote type="cite"><p>VIEJO</p></blockquote>',
    "another language": '<p>Sigue igual</p><div class="moz-cite-prefix">23.11.2026 10:00 Ana пишет:<br></div><blockquote><p>VIEJO</p></blockquote>',
    "signature": "<p>Sigue igual</p><div>-- <br><b>VIEJO</b><br>Tel.</div>",
    "in a table": "<table><tbody><tr><td><p>Sigue igual</p><p>-----Mensaje original-----<br>De: VIEJO</p></td></tr></tbody></table>",
    "our line": f"<p>Sigue igual</p><p>{REPLY_MARKER['es']}</p><p>VIEJO</p>",
}  # fmt: skip


@pytest.mark.parametrize("name", HTML)
def test_html_is_folded_where_the_text_would_be(name: str) -> None:
    visible, folded = fold_html(HTML[name])
    assert html_to_text(visible) == "Sigue igual"
    assert "VIEJO" in folded
    assert_balanced(visible)
    assert_balanced(folded)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hola</p><p>Adiós</p>",
        "",
        "<div>El 23/11/2026 a las 10:00, Ana escribió:<blockquote>¿Qué equipo?</blockquote>El 12<blockquote>¿Y desde cuándo?</blockquote>Ayer</div>",
        "<blockquote>uno</blockquote><p>respuesta</p>",
        "<div>Vean:</div><div>---------- Forwarded message ---------<br>From: Ana<br>Date: x<br>Subject: y<br>To: z</div><p>texto</p>",
    ],
)
def test_html_that_is_new_stays_visible(html: str) -> None:
    assert fold_html(html) == (html, "")


def assert_balanced(html: str) -> None:
    """Every element opened is closed, in order."""
    opened: list[str] = []
    for token in tokens(html):
        if token.kind == "open" and token.name not in ("br", "hr", "img"):
            opened.append(token.name)
        elif token.kind == "close":
            assert opened.pop() == token.name
    assert not opened


BLOCK: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        LINES.map(lambda line: f"<p>{line.replace('<', '&lt;')}</p>"),
        st.just("<br>"),
        st.just("<hr>"),
        st.lists(BLOCK, max_size=3).map(lambda inner: f"<div>{''.join(inner)}</div>"),
        st.lists(BLOCK, max_size=3).map(lambda inner: f"<blockquote>{''.join(inner)}</blockquote>"),
    )
)


@given(st.lists(BLOCK, max_size=12).map("".join))
@settings(max_examples=300, deadline=None)
def test_html_loses_no_word_and_stays_well_formed(html: str) -> None:
    visible, folded = fold_html(html)
    assert_balanced(visible)
    assert_balanced(folded)
    words = re.compile(r"[^\s>]+")
    assert words.findall(plain(visible)) + words.findall(plain(folded)) == words.findall(plain(html))


def plain(html: str) -> str:
    """The characters between tags."""
    return " ".join(html[token.start : token.end] for token in tokens(html) if token.kind == "text")


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["<p>", "</p>", "<a '", '"', ">", "<blockquote>", "<!--", "x"]), max_size=40).map(
        "".join
    )
)
@settings(max_examples=200, deadline=None)
def test_any_html_is_survived(html: str) -> None:
    fold_html(html)
    assert "".join(html[token.start : token.end] for token in tokens(html)) == html


@pytest.mark.parametrize(
    "unit",
    [
        "> a\nb\n",
        "El 23/11/2026 a las 10:00, Ana escribió:\n> a\nb\n",
        "-- \n",
        "AVISO LEGAL confidencial\n\n",
        "---\n",
        "De: a\n",
    ],
)
def test_folding_costs_linear_time(unit: str) -> None:
    def cost(count: int) -> float:
        text = "hola\n" + unit * count + "fin"
        start = time.process_time()
        fold_text(text)
        fold_html(text.replace("\n", "<br>"))
        return time.process_time() - start

    small = min(cost(500) for _ in range(3))
    large = min(cost(5000) for _ in range(3))
    # Ten times the input: linear gives about 10, quadratic 100.
    assert large <= 35 * max(small, 0.004)

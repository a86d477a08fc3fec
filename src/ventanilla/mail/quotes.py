"""Where the new words of a mail end and the quoted mail, the signature or the legal notice begins.

Folding, never cutting: the two halves put together are the whole, so that a wrong guess costs a click and no word. The
whole tail is judged backwards, line by line, in linear time: a line starts a fold only when everything below it may be
folded too. An answer written between or below quoted lines therefore stays visible.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ventanilla.core.htmltext import BLOCKS, VOID, attributes, tokens, unescape

Kind = Literal["", "quote", "signature", "notice"]

REPLY_MARKER = {
    "es": "Escriba su respuesta por encima de esta línea",
    "en": "Write your reply above this line",
}

_HEAD = 400  # characters of a line that are looked at

_RULE = re.compile(r"\s*[_=*-]{5,}\s*")
_ORIGINAL = re.compile(
    r"(?i)^[\s>*_-]*(?:original message|original appointment|mensaje original|missatge original|mensaxe orixinal|"
    r"ursprüngliche nachricht|message d'origine|mensagem original|messaggio originale)[\s*_-]*$"
)
_DASHED = re.compile(r"^\s*[-_]{3,}")
_FORWARD = re.compile(
    r"(?i)^[\s>*_-]*(?:forwarded message|begin forwarded message|mensaje reenviado|inicio del mensaje reenviado|"
    r"missatge reenviat|mensaxe reenviada)\b"
)
_FROM = re.compile(r"(?i)^[\s*]*(?:de|from|von|des?de|remitente)[\s*]*:[\s*]*\S")
_OTHER_FIELDS = re.compile(
    r"(?i)^[\s*]*(?:enviado(?: el)?|enviat(?: el)?|fecha|data|sent|date|gesendet|para|per a|to|an|asunto|"
    r"assumpte|subject|"
    r"betreff|cc)[\s*]*:"
)
_ATTRIBUTION_START = re.compile(r"(?i)^\s*(?:el|on|en|o|am|le|il|em|a les)\s")
_ATTRIBUTION_END = re.compile(
    r"(?i)(?:escribi[oó]|wrote|escribiu|va escriure|escreveu|schrieb(?: [^\n]{1,120})?|a écrit|ha scritto|"
    r"ha escrito)\s*:\s*$"
)
_ATTRIBUTION_NAME_FIRST = re.compile(
    r"(?i)^\s*[^\n]{0,160}<[^<>\s@]{1,128}@[^<>\s]{1,200}>\s*(?:(?:escribió|wrote|"
    r"va escriure)\s*(?:\([^()\n]{1,80}\)|el [^\n]{1,80})?\s*:\s*$)"
)
_DATED_ADDRESS = re.compile(r"^\s*\d{4}-\d\d-\d\d \d{1,2}:\d\d[^\n]{0,120}<[^<>\s@]{1,128}@[^<>\s]{1,200}>\s*:\s*$")
_EVIDENCE = re.compile(r"\d{1,2}[:.]\d\d|\b(?:19|20)\d\d\b|\d/\d{1,2}/\d|<[^<>\s]+@[^<>\s]+>")
_MOBILE = re.compile(
    r"(?i)^\s*(?:-- )?(?:enviado|sent|envoyé|gesendet|enviat|obtener|obtén|get)\s+(?:desde|from|via|con|"
    r"with|por|mediante|des de|"
    r"de|outlook|el outlook|von)\b[^\n]{0,120}(?:iphone|ipad|android|m[oó]vil|mobile|outlook|galaxy|"
    r"samsung|huawei|xiaomi|"
    r"smartphone|blackberry|yahoo|proton|gmail|correo para windows|mail for windows|tel[eé]fono|\bios\b)[^\n]{0,120}$"
)
_NOTICE = re.compile(
    r"(?i)^[\s*_\"«-]*(?:aviso legal|avís legal|aviso de confidencialidad|cl[aá]usula de confidencialidad|"
    r"nota de confidencialidad|confidencialidad\s*:|informaci[oó]n (?:b[aá]sica )?(?:sobre|de) protecci[oó]n de datos|"
    r"protecci[oó]n de datos(?: personales)?\s*:|este mensaje,? (?:y|así como|se dirige|va dirigido|"
    r"puede contener|contiene)|"
    r"este (?:correo(?: electr[oó]nico)?|e-?mail),? (?:y|así como|se dirige|va dirigido|puede contener|"
    r"contiene|es confidencial)|"
    r"(?:la|el) (?:informaci[oó]n|contenido)[^\n]{0,80}(?:mensaje|correo)[^\n]{0,80}confidencial|"
    r"antes de imprimir|confidentiality notice|legal notice|disclaimer\s*:|"
    r"this (?:e-?mail|message|communication)(?: and any| is (?:intended|confidential)| may contain| contains)|"
    r"please consider the environment|think before you print)"
)
_COMPLIANCE = re.compile(
    r"(?i)^[\s*_\"«-]*(?:en cumplimiento|de conformidad con|de acuerdo con|conforme a|a los efectos|"
    r"in compliance with)\b"
)
_INFORMS = re.compile(
    r"(?i)\b(?:le informamos|les informamos|se le informa|se informa|te informamos|le comunicamos|"
    r"we inform|hereby inform)"
    r"[^\n]{0,200}(?:datos|data|tratamiento|fichero)"
)
_LEGAL = re.compile(
    r"(?i)confidencial|destinatari|datos personales|protecci[oó]n de datos|lopd|rgpd|gdpr|2016/679|3/2018|"
    r"15/1999|privacidad|"
    r"tratamiento|responsable del|derechos de acceso|recipient|confidential|unauthori|imprim|imprima|"
    r"print this|environment|"
    r"medio ambiente|privacy|por error|in error|disclos"
)
_HINTS = (
    "gmail_attr",
    "moz-cite-prefix",
    "divrplyfwdmsg",
    "appendonsend",
    "yahoo_quoted",
    "protonmail_quote",
    "zmail_extra",
)
_MAX_SIGNATURE_LINES = 25
_MIN_BARE_QUOTE = 3


@dataclass(frozen=True, slots=True)
class Folded:
    """`visible + folded` is the text, character for character; `kind` says what the fold starts with, "" when none."""

    visible: str
    folded: str
    kind: Kind


@dataclass(slots=True)
class _Line:
    text: str
    hinted: bool = False

    @property
    def blank(self) -> bool:
        return not self.text.strip(" \t\r\xa0\u200b>")

    @property
    def quoted(self) -> bool:
        return self.text.startswith(">")


def fold_text(text: str) -> Folded:
    """The new words of a plain-text mail, and the tail to fold away.

    Guarantees `visible + folded == text` and a `visible` that is never blank when the text is not. Linear time.
    """
    pieces = text.split("\n")
    cut, kind = _cut([_Line(piece[:_HEAD].rstrip("\r")) for piece in pieces])
    if cut < 0:
        return Folded(text, "", "")
    offset = sum(len(piece) + 1 for piece in pieces[:cut])
    return Folded(text[:offset], text[offset:], kind)


def fold_html(clean_html: str) -> tuple[str, str]:
    """Cleaned HTML as (visible, folded); folded is "" when there is nothing to fold.

    The same judgement as `fold_text`, made on the lines a reader would see, helped by the marks of well-known
    programs where the cleaner left `class` and `id` in place. The cut falls between tags; what is open there is
    closed in the first half and opened again in the second, so that each is well formed where the whole was.
    """
    lines: list[_Line] = []
    starts: list[int] = []
    current: list[str] = []
    start, depth, hinted, size = 0, 0, False, 0

    def end(position: int) -> None:
        nonlocal start, hinted, size
        text = " ".join("".join(current).split())
        lines.append(_Line(f"{'>' * min(depth, 9)} {text}" if depth and text else text, hinted))
        starts.append(start)
        current.clear()
        start, hinted, size = position, False, 0

    for token in tokens(clean_html):
        if token.kind == "text":
            if size < _HEAD:
                said = unescape(clean_html[token.start : token.end])
                size += len(said)
                current.append(said)
        elif token.kind == "open":
            if token.name in BLOCKS and token.name not in ("tbody", "thead", "tfoot"):
                if current and "".join(current).strip():
                    end(token.start)
                if token.name == "hr":
                    current.append("________")
                    end(token.end)
            elif token.name == "br":
                end(token.end)
            if token.name == "blockquote":
                depth += 1
            tag = clean_html[token.start : token.end]
            if "class" in tag or "id=" in tag:
                marks = attributes(tag)
                said = f"{marks.get('class', '')} {marks.get('id', '')}".lower()
                hinted = hinted or any(hint in said for hint in _HINTS)
        elif token.kind == "close":
            if token.name in BLOCKS and (hinted or (current and "".join(current).strip())):
                end(token.end if token.name != "blockquote" else token.start)
            if token.name == "blockquote":
                depth = max(0, depth - 1)
    end(len(clean_html))
    cut, _ = _cut(lines)
    if cut < 0:
        return clean_html, ""
    return _split_html(clean_html, starts[cut])


def _split_html(html: str, offset: int) -> tuple[str, str]:
    """`html` in two at `offset`, which lies between tags: elements open there are closed before and opened again
    after."""
    opened: list[tuple[str, str]] = []
    for token in tokens(html[:offset]):
        if token.kind == "open" and token.name not in VOID:
            opened.append((token.name, html[token.start : token.end]))
        elif token.kind == "close":
            for index in range(len(opened) - 1, max(-1, len(opened) - 20), -1):
                if opened[index][0] == token.name:
                    del opened[index:]
                    break
    closing = "".join(f"</{name}>" for name, _ in reversed(opened))
    return html[:offset] + closing, "".join(tag for _, tag in opened) + html[offset:]


def _cut(lines: Sequence[_Line]) -> tuple[int, Kind]:
    """The index of the first line to fold and what it is; -1 when nothing is to be folded."""
    count = len(lines)
    first = next((index for index, line in enumerate(lines) if not line.blank), count)
    if first == count:
        return -1, ""
    tail = [False] * (count + 1)  # whether the lines from here to the end may be folded
    legal = [False] * (count + 1)  # the same, below the beginning of a legal notice
    tail[count] = legal[count] = True
    kinds: list[Kind] = [""] * count
    paragraph_end = count
    hard_below = count  # the nearest line below that starts a quote by itself
    written_to_hard = 0  # lines that are not blank between here and there
    for index in range(count - 1, -1, -1):
        line = lines[index]
        paragraph_start = not line.blank and (
            index == 0 or lines[index - 1].blank or bool(_DASHED.match(lines[index - 1].text))
        )
        if line.blank:
            tail[index], legal[index], paragraph_end = tail[index + 1], legal[index + 1], index
            kinds[index] = ""
            continue
        kind: Kind = ""
        span = 0 if line.quoted else _quote_start(lines, index)
        if span and not _forwarded(lines, index) and _quote_below(lines, index + span, tail):
            kind = "quote"
            hard_below, written_to_hard = index, 0
        elif line.quoted:
            if tail[index + 1]:
                kind = "quote"
        elif line.text.rstrip() in ("--", "—", "–"):
            if written_to_hard <= _MAX_SIGNATURE_LINES:
                kind = "signature"
        elif _MOBILE.match(line.text):
            if tail[index + 1]:
                kind = "signature"
        elif (_RULE.fullmatch(line.text) and tail[index + 1]) or (
            paragraph_start
            and (tail[paragraph_end] or legal[paragraph_end])
            and _is_notice(lines, index, paragraph_end)
        ):
            kind = "notice"
        tail[index] = bool(kind)
        kinds[index] = kind
        if paragraph_start:
            words = " ".join(lines[at].text for at in range(index, min(paragraph_end, index + 40)))
            legal[index] = tail[index] or (legal[paragraph_end] and bool(_LEGAL.search(words)))
        else:
            legal[index] = tail[index]
        if index != hard_below:
            written_to_hard += 1
    for index in range(first + 1, count):
        if tail[index] and kinds[index] and not lines[index].blank:
            if lines[index].quoted and not _long_quote(lines, index):
                continue
            if _RULE.fullmatch(lines[index].text):
                # A rule across the page belongs to what stands below it.
                return index, next((kinds[at] for at in range(index + 1, count) if kinds[at]), "notice")
            return index, kinds[index]
    return -1, ""


def _quote_start(lines: Sequence[_Line], index: int) -> int:
    """How many lines the introduction of a quoted mail takes that begins at `index`; 0 when none begins there."""
    line = lines[index]
    text = line.text
    if line.hinted or any(marker in text for marker in REPLY_MARKER.values()):
        return 1
    if _ORIGINAL.match(text) and (_DASHED.match(text) or _fields_follow(lines, index + 1)):
        return 1
    if _FROM.match(text) and _fields_follow(lines, index + 1):
        return 1
    if re.fullmatch(r"[\s_-]{5,}", text) and _FROM.match(_next_text(lines, index + 1)):
        return _quote_start_below(lines, index + 1)
    if _DATED_ADDRESS.match(text) or _ATTRIBUTION_NAME_FIRST.match(text):
        return 1
    if _ATTRIBUTION_START.match(text):
        joined = ""
        for span in (1, 2, 3):
            if index + span > len(lines) or lines[index + span - 1].blank or lines[index + span - 1].quoted:
                break
            joined = f"{joined} {lines[index + span - 1].text}" if joined else text
            if _ATTRIBUTION_END.search(joined[-200:]):
                return span if _EVIDENCE.search(joined) else 0
    return 0


def _quote_start_below(lines: Sequence[_Line], index: int) -> int:
    """1 when the next written line begins a block of fields (From, Sent, To, Subject)."""
    while index < len(lines) and lines[index].blank:
        index += 1
    return 1 if index < len(lines) and _fields_follow(lines, index + 1) else 0


def _next_text(lines: Sequence[_Line], index: int) -> str:
    for line in lines[index : index + 4]:
        if not line.blank:
            return line.text
    return ""


def _fields_follow(lines: Sequence[_Line], index: int) -> bool:
    """Whether at least two of Sent, To, Subject and the like stand in the next lines."""
    return sum(bool(_OTHER_FIELDS.match(line.text)) for line in lines[index : index + 7]) >= 2


def _forwarded(lines: Sequence[_Line], index: int) -> bool:
    """Whether a mark of forwarding stands at or just above: a forwarded mail is the message itself and stays
    visible."""
    return any(_FORWARD.match(line.text) for line in lines[max(0, index - 3) : index + 1])


def _quote_below(lines: Sequence[_Line], index: int, tail: Sequence[bool]) -> bool:
    """Whether what stands below an introduction may be folded: unmarked text always, marked text when nothing new
    follows."""
    while index < len(lines) and lines[index].blank:
        index += 1
    return index >= len(lines) or not lines[index].quoted or tail[index]


def _is_notice(lines: Sequence[_Line], index: int, end: int) -> bool:
    text = lines[index].text
    if _NOTICE.match(text):
        words = " ".join(line.text for line in lines[index : min(max(end, index + 1) + 8, len(lines), index + 40)])
        return bool(_LEGAL.search(words))
    if _COMPLIANCE.match(text):
        words = " ".join(line.text for line in lines[index : min(max(end, index + 1), index + 40)])
        return bool(_INFORMS.search(words)) and bool(_LEGAL.search(words))
    return False


def _long_quote(lines: Sequence[_Line], index: int) -> bool:
    """Whether this is an earlier mail rather than a pasted line: an introduction stands in it, or it is long enough."""
    inside = [_Line(line.text.lstrip("> "), line.hinted) for line in lines[index : index + 12] if line.quoted]
    return bool(inside and _quote_start(inside, 0)) or sum(not line.blank for line in inside) >= _MIN_BARE_QUOTE

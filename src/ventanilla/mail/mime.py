"""A mail's bytes split into its header fields and leaf parts: one pass, no recursion, nothing rebuilt.

The standard library's parser is recursive (a deep nest breaks it), looks at every open level for every line (a deep
nest is quadratic) and rebuilds an enclosed message instead of keeping its bytes. Here one pass over the lines that
begin with "--" does it: the open boundaries stand in a dictionary, so a line costs the same at any depth.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ventanilla.mail.charsets import decode

_LINE = re.compile(rb"([^\r\n]*+)(\r\n|\n|\r|\Z)")
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:")
_DASHES = re.compile(rb"(?<![^\r\n])--[^\r\n]*+")
_GUESS = re.compile(rb"(?<![^\r\n])--([^\r\n]{1,200})(?:\r\n|\n|\r)(?=content-|\r|\n)", re.IGNORECASE)
_TYPE = re.compile(r"([a-z0-9!#$&^_.+*-]{1,100})/([a-z0-9!#$&^_.+*-]{1,100})\s*(?=[;(]|$|\s)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]")
_INNER_SPACE = re.compile(rb"[A-Za-z0-9+/=,.][ \t]++(?=[^\s])")
_BASE64 = bytes(sorted(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_NOT_IN_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64)

KNOWN_FIELDS = frozenset(
    b"bcc cc content-disposition content-transfer-encoding content-type date delivered-to dkim-signature "
    b"from in-reply-to "
    b"message-id mime-version precedence received references reply-to return-path sender subject to auto-submitted "
    b"x-mailer x-originating-ip arc-seal authentication-results list-id".split()
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a message is taken apart; what lies beyond is kept whole as one last leaf."""

    max_leaves: int = 20_000
    max_entities: int = 100_000
    max_fields: int = 5_000
    max_field_bytes: int = 65_536
    max_boundary_guesses: int = 20


@dataclass(slots=True)
class Leaf:
    """One part that is not a multipart: its content decoded from its transfer encoding."""

    content_type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    content_id: str
    content: bytes
    parent: str = ""
    alternative: int = 0
    root: bool = False

    @property
    def charset(self) -> str:
        """The declared charset, or ""."""
        return self.parameters.get("charset", "")


@dataclass(slots=True)
class Split:
    """A message taken apart: header fields of the top (name, raw value), type of the top, leaves in order, defects."""

    fields: list[tuple[str, bytes]] = field(default_factory=list)
    content_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    leaves: list[Leaf] = field(default_factory=list)
    defects: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Frame:
    content_type: str
    parameters: dict[str, str]
    boundary: bytes
    body: int
    alternative: int
    children: int = 0
    closed: bool = False


DEFAULT_BOUNDS = Bounds()


def split(raw: bytes, bounds: Bounds = DEFAULT_BOUNDS) -> Split:
    """`raw` taken apart. Never raises; time and memory linear in its length whatever the nesting.

    Every leaf is there with its decoded bytes. A boundary that was not declared is guessed; parts after a closing
    boundary are still parts; a multipart without any part becomes a text leaf of its bytes.
    """
    return _Splitter(raw, bounds).run()


class _Splitter:
    def __init__(self, raw: bytes, bounds: Bounds) -> None:
        self.raw = raw
        self.bounds = bounds
        self.result = Split()
        self.stack: list[_Frame] = []
        self.active: dict[bytes, list[int]] = {}
        self.guesses = 0
        self.alternatives = 0

    def run(self) -> Split:
        """The one pass: read an entity's header, find the next boundary line, close what it closes, go on."""
        raw, position = self.raw, self._start()
        lines = self._boundary_lines()
        pending = next(lines, None)
        begun = 0
        while True:
            top = not self.stack
            fields, body = self._fields(position)
            leaf = self._open(fields, body, top=top)
            # The boundary line that ends this leaf, or that starts the first part of this multipart.
            while True:
                found: tuple[int, bool] | None = None
                while pending is not None:
                    if pending.start() >= body:
                        found = self._boundary(pending.group()[2:])
                        if found:
                            break
                    pending = next(lines, None)
                end = len(raw) if found is None or pending is None else self._before(pending.start(), body)
                if leaf is not None:
                    self._add(leaf, fields, raw[body:end])
                    leaf = None
                elif self._nothing_begins(found):
                    self._childless(raw[body:end])
                if found is None or pending is None:
                    self._finish()
                    return self.result
                depth, closing = found
                while len(self.stack) - 1 > depth:
                    self._pop()
                frame = self.stack[-1]
                position = body = _line(raw, pending.start())[1]
                pending = next(lines, None)
                if closing:
                    frame.closed = True
                    continue
                if frame.closed:
                    self.result.defects.add("part_after_end")
                frame.children += 1
                break
            begun += 1
            if len(self.result.leaves) >= self.bounds.max_leaves or begun >= self.bounds.max_entities:
                self.result.defects.add("too_many_parts")
                rest = _leaf("application/octet-stream", raw[position:], filename="remaining-parts.eml")
                self.result.leaves.append(rest)
                return self.result

    def _nothing_begins(self, found: tuple[int, bool] | None) -> bool:
        """Whether the open multipart has no part yet and the boundary line found does not begin one."""
        if not self.stack or self.stack[-1].children or self.stack[-1].closed:
            return False
        return found is None or found[0] != len(self.stack) - 1 or found[1]

    def _start(self) -> int:
        """Where the header begins: after a byte order mark, an mbox "From " line and stray empty lines."""
        raw, position = self.raw, 3 if self.raw.startswith(b"\xef\xbb\xbf") else 0
        first = re.compile(rb"[^\r\n]").search(raw, position)
        after = first.start() if first else position
        if raw.startswith((b"From ", b">From "), after):
            return _line(raw, after)[1]
        name = _FIELD.match(raw, after, after + 200)
        return after if name and name.group(1).lower() in KNOWN_FIELDS else position

    def _boundary_lines(self) -> Iterator[re.Match[bytes]]:
        return _DASHES.finditer(self.raw)

    def _boundary(self, line: bytes) -> tuple[int, bool] | None:
        """The stack index a boundary line belongs to and whether it closes it; None when it is an ordinary line."""
        if not self.active:
            return None
        line = line.rstrip(b" \t")
        levels = self.active.get(line)
        if levels:
            return levels[-1], False
        if line.endswith(b"--"):
            levels = self.active.get(line[:-2])
            if levels:
                return levels[-1], True
        return None

    def _before(self, start: int, body: int) -> int:
        """The end of content before the boundary line at `start`: the line end belongs to the boundary (RFC 2046
        5.1.1)."""
        if start > body and self.raw[start - 1 : start] == b"\n":
            start -= 1
        if start > body and self.raw[start - 1 : start] == b"\r":
            start -= 1
        return start

    def _fields(self, position: int) -> tuple[list[tuple[str, bytes]], int]:
        """The header fields from `position` and where the body begins."""
        raw, limit, begin = self.raw, self.bounds.max_field_bytes, position
        fields: list[tuple[str, bytes]] = []
        values: list[bytes] = []
        name, size, known = "", 0, False

        def keep() -> None:
            if not name:
                return
            most = self.bounds.max_fields * (2 if name.lower().encode() in KNOWN_FIELDS else 1)
            if len(fields) < most:
                fields.append((name, b"".join(values)[:limit]))
            else:
                self.result.defects.add("too_many_headers")

        while position < len(raw):
            line, after = _line(raw, position)
            if not line.strip(b" \t") and (not line or not name):
                position = after
                break
            if line[:1] in (b" ", b"\t"):
                if name:
                    if size < limit:
                        values.append(b" " + line.strip(b" \t"))
                        size += len(line)
                    else:
                        self.result.defects.add("header_cut")
                    position = after
                    continue
                break
            start = _FIELD.match(line)
            if start is None or (line.startswith(b"--") and self._boundary(line[2:])):
                if start is None and fields:
                    self.result.defects.add("header_without_end")
                break
            keep()
            name = start.group(1).decode("ascii")
            known = known or _is_known(name)
            values, size = [line[start.end() :].strip(b" \t")], len(line)
            if size > limit:
                self.result.defects.add("header_cut")
            position = after
        keep()
        if fields and not known:
            # "Hola: no funciona" is a sentence, not a header.
            self.result.defects.add("no_header")
            return [], begin
        return fields, position

    def _open(self, fields: list[tuple[str, bytes]], body: int, *, top: bool) -> Leaf | None:
        """The entity that these fields describe: a new open multipart (None) or a leaf still without content."""
        parent = self.stack[-1] if self.stack else None
        default = "message/rfc822" if parent and parent.content_type == "multipart/digest" else "text/plain"
        kind, parameters = parse_parametrized(_value(fields, "content-type"))
        content_type = _content_type(kind, default)
        if top:
            self.result.fields = fields
            self.result.content_type, self.result.parameters = content_type, parameters
        if content_type.startswith("multipart/"):
            boundary = parameters.get("boundary", "").encode("utf-8", "surrogateescape").rstrip(b" \t")
            boundary = self._checked(boundary, body)
            if boundary:
                alternative = parent.alternative if parent else 0
                if content_type == "multipart/alternative" and not alternative:
                    self.alternatives += 1
                    alternative = self.alternatives
                self.active.setdefault(boundary, []).append(len(self.stack))
                self.stack.append(_Frame(content_type, parameters, boundary, body, alternative))
                return None
            content_type = "text/plain"
        disposition, options = parse_parametrized(_value(fields, "content-disposition"))
        return Leaf(
            content_type=content_type,
            parameters=parameters,
            disposition=disposition.strip().lower(),
            filename=options.get("filename") or parameters.get("name") or "",
            content_id=decode(_value(fields, "content-id")).strip().strip("<>").strip()[:500],
            content=b"",
            parent=parent.content_type if parent else "",
            alternative=parent.alternative if parent else 0,
            root=top,
        )

    def _checked(self, boundary: bytes, body: int) -> bytes:
        """The boundary to use: the declared one, or, where it is missing or never occurs, one that the first lines
        suggest.

        b"" when there is neither. Only the first few multiparts are looked at: looking is linear in the whole.
        """
        if self.guesses >= self.bounds.max_boundary_guesses:
            return boundary
        self.guesses += 1
        if boundary and self.raw.find(b"--" + boundary, body) >= 0:
            return boundary
        self.result.defects.add("no_boundary")
        for match in _GUESS.finditer(self.raw, body, body + 65_536):
            guess = match.group(1).rstrip(b" \t")
            if guess and guess not in self.active:
                return guess
        return boundary

    def _add(self, leaf: Leaf, fields: list[tuple[str, bytes]], content: bytes) -> None:
        if not content and not fields and not leaf.root:
            return
        encoding = decode(_value(fields, "content-transfer-encoding")).strip().strip("\"'").lower()
        leaf.content, defect = decode_transfer(content, encoding)
        if defect:
            self.result.defects.add(defect)
        self.result.leaves.append(leaf)

    def _childless(self, content: bytes) -> None:
        """A multipart in which no part begins: its bytes are kept as a text."""
        frame = self.stack[-1]
        frame.children += 1
        self.result.defects.add("multipart_without_parts")
        if content.strip():
            leaf = _leaf("text/plain", content, charset=frame.parameters.get("charset", ""))
            leaf.root, leaf.parent, leaf.alternative = len(self.stack) == 1, "multipart/mixed", 0
            self.result.leaves.append(leaf)

    def _pop(self) -> None:
        frame = self.stack.pop()
        levels = self.active[frame.boundary]
        levels.pop()
        if not levels:
            del self.active[frame.boundary]
        if not frame.closed:
            self.result.defects.add("truncated")

    def _finish(self) -> None:
        while self.stack:
            self._pop()


def _line(raw: bytes, position: int) -> tuple[bytes, int]:
    """The line that begins at `position`, without its end, and where the next one begins."""
    match = _LINE.match(raw, position)
    return (match.group(1), match.end()) if match else (b"", len(raw))


def _leaf(content_type: str, content: bytes, *, filename: str = "", charset: str = "") -> Leaf:
    return Leaf(content_type, {"charset": charset} if charset else {}, "", filename, "", content)


def _is_known(name: str) -> bool:
    lower = name.lower()
    return lower.startswith(("content-", "x-")) or lower.encode() in KNOWN_FIELDS


def _value(fields: list[tuple[str, bytes]], wanted: str) -> bytes:
    return next((value for name, value in fields if name.lower() == wanted), b"")


def _content_type(kind: str, default: str) -> str:
    match = _TYPE.match(kind.strip().lower())
    if match:
        return f"{match.group(1)}/{match.group(2)}"
    return default


def parse_parametrized(raw: bytes) -> tuple[str, dict[str, str]]:
    """A field such as Content-Type read as (value, parameters), names in lower case; never raises, linear time.

    Understands quoted strings, comments, RFC 2231 (charsets and continuations) and bare 8-bit values. Where a
    parameter is given plainly and by RFC 2231, the latter wins.
    """
    pieces = list(_pieces(raw[:65_536]))
    if not pieces:
        return "", {}
    plain: dict[str, bytes] = {}
    segments: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for piece in pieces[1:500]:
        key, equals, value = piece.partition(b"=")
        if not equals:
            continue
        name, value = key.strip().decode("latin-1").lower(), value.strip()
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(base, value)
            continue
        digits = rest.rstrip("*")
        index = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 4 else 0
        segments.setdefault(base, {}).setdefault(index, (value, rest.endswith("*") or not rest))
    found = {name: decode(value) for name, value in plain.items()}
    for name, numbered in segments.items():
        found[name] = _join_segments(numbered)
    return decode(pieces[0]).strip(), found


def _join_segments(numbered: dict[int, tuple[bytes, bool]]) -> str:
    """RFC 2231 segments put together: bytes first, charset afterwards, for a character may straddle two segments."""
    charset, joined = "", b""
    for position, (_, (value, encoded)) in enumerate(sorted(numbered.items())):
        if encoded:
            if position == 0 and value.count(b"'") >= 2:
                declared, _, value = value.split(b"'", 2)
                charset = declared.decode("latin-1")
            joined += re.sub(rb"%([0-9a-fA-F]{2})", lambda match: binascii.unhexlify(match.group(1)), value)
        else:
            joined += value
    return decode(joined, charset)


def _pieces(raw: bytes) -> Iterator[bytes]:
    """The pieces between semicolons, quotes taken off and comments left out."""
    out = bytearray()
    quoted, depth, position = False, 0, 0
    while position < len(raw):
        byte = raw[position : position + 1]
        position += 1
        if byte == b"\\" and (quoted or depth):
            following = raw[position : position + 1]
            # "C:\x" in a quoted name is a path of an old program, not an escape.
            if following in (b'"', b"\\", b"(", b")"):
                position += 1
                if not depth:
                    out += following
            elif not depth:
                out += byte
        elif depth:
            depth += (byte == b"(") - (byte == b")")
        elif byte == b'"':
            quoted = not quoted
        elif quoted:
            out += byte
        elif byte == b"(" and b"=" not in out:
            depth = 1
        elif byte == b";":
            yield bytes(out)
            out.clear()
        else:
            out += byte
    yield bytes(out)


def decode_transfer(content: bytes, encoding: str) -> tuple[bytes, str]:
    """`content` decoded from its transfer encoding, and the name of a defect or "". Never raises, linear time."""
    if encoding == "base64" or encoding == "b":
        return _base64(content)
    if encoding in ("quoted-printable", "quotedprintable", "q"):
        return binascii.a2b_qp(content), ""
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uuencoded(content)
    known = encoding in ("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none")
    return content, "" if known else "unknown_transfer_encoding"


def _base64(content: bytes) -> tuple[bytes, str]:
    """Base64 as found: stray bytes are skipped, pieces padded one by one are joined, plain text is left as it is."""
    strange = sum(1 for _ in _NOT_BASE64.finditer(content[:100_000]))
    spaces = sum(1 for _ in _INNER_SPACE.finditer(content[:100_000]))
    if (strange + spaces) * 20 > min(len(content), 100_000):
        return content, "broken_base64"
    compact = content.translate(None, _NOT_IN_BASE64)
    out = bytearray()
    defect = "broken_base64" if strange or spaces else ""
    for piece in compact.split(b"="):
        if len(piece) % 4 == 1:
            piece, defect = piece[:-1], "broken_base64"
        if piece:
            out += binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))
    return bytes(out), defect


def _uuencoded(content: bytes) -> tuple[bytes, str]:
    out = bytearray()
    inside = False
    for line in content.splitlines():
        if not inside:
            inside = line.startswith(b"begin ")
        elif line.strip() == b"end":
            return bytes(out), ""
        else:
            try:
                out += binascii.a2b_uu(line)
            except binascii.Error:
                return content, "broken_uuencode"
    return (bytes(out), "") if out else (content, "broken_uuencode")

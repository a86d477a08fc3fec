"""What a file may be called and what it really is. Pure."""

import re
import unicodedata
from typing import Final

SNIFFED_BYTES: Final = 4096
MAX_NAME_LENGTH: Final = 150

# Invisible or direction-changing characters that make "photo\u202egpj.exe" look like "photoexe.jpg".
_DECEIVING: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)

OCTETS: Final = "application/octet-stream"
# Types a browser may show from our origin: none of them can run anything there.
INLINE_TYPES: Final = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "image/bmp",
        "text/plain",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "video/mp4",
        "video/webm",
    }
)

_MAGIC: Final = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypheim", "image/heic"),
    (4, b"ftypheis", "image/heic"),
    (4, b"ftyphevc", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypmsf1", "image/heic"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"BM", "image/bmp"),
)
_OFFICE: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "epub": "application/epub+zip",
    "apk": "application/vnd.android.package-archive",
    "jar": "application/java-archive",
}
_OLE: Final = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
    "msi": "application/x-msi",
}
_TEXTS: Final = {
    "csv": "text/csv",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "eml": "message/rfc822",
    "json": "application/json",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "css": "text/css",
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "text/html",
    "svg": "image/svg+xml",
    "xml": "text/xml",
    "md": "text/markdown",
}
_MARKUP: Final = re.compile(
    rb"<(?:!doctype html|html|head|body|script|iframe|svg|style|title|meta|a\s|img|table|div|p>|br|h1)", re.I
)


def safe_name(name: str) -> str:
    """`name` as it may be stored, shown and offered for saving: no folders, no controls, no direction tricks, no
    reserved names, at most 150 characters with its extension kept. Never empty: «file» stands in."""
    plain = _DECEIVING.sub("", unicodedata.normalize("NFC", name[:4000]))
    plain = _FORBIDDEN.sub("_", plain.replace("\\", "/").rstrip("/. ").rsplit("/", 1)[-1]).strip(". ")
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    if len(plain) > MAX_NAME_LENGTH:
        stem, dot, extension = plain.rpartition(".")
        keeps = bool(dot) and 0 < len(extension) <= 12
        plain = f"{stem[: MAX_NAME_LENGTH - len(extension) - 1]}.{extension}" if keeps else plain[:MAX_NAME_LENGTH]
    return plain.strip(". ") or "file"


def sniff(first: bytes, name: str = "") -> str:
    """The content type of a file that begins with `first` (its first 4 KB) and calls itself `name`.

    The bytes decide; the name only chooses within what the bytes allow (a ZIP called .docx is a Word file, a PNG called
    .html is a PNG). Text with markup in it is never called plain text.
    """
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    for offset, magic, content_type in _MAGIC:
        if first.startswith(magic, offset) and _plausible(first, offset, magic):
            return content_type
    if first.startswith(b"PK\x03\x04"):
        return _OFFICE.get(extension, "application/zip")
    if first.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _OLE.get(extension, "application/x-ole-storage")
    return _text_type(first, extension)


def _plausible(first: bytes, offset: int, magic: bytes) -> bool:
    """Text may begin with "BMW" or "MZ": the shortest marks count only where binary bytes follow."""
    if offset == 8:
        return first.startswith(b"RIFF")
    return len(magic) > 3 or not magic.isalnum() or b"\x00" in first[:64]


def _text_type(first: bytes, extension: str) -> str:
    head = first[:SNIFFED_BYTES]
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return OCTETS
    beginning = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    if re.search(rb"<svg[\s>]", head, re.I):
        return "image/svg+xml"
    if beginning.startswith(b"<?xml"):
        return "text/xml"
    if _MARKUP.match(beginning) or beginning.startswith(b"<!--"):
        return "text/html"
    if extension in _TEXTS:
        return _TEXTS[extension]
    controls = sum(byte < 9 or 13 < byte < 32 for byte in head if byte != 27)
    return "text/plain" if head and controls == 0 else OCTETS

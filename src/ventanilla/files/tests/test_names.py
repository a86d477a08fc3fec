"""Safe names and true types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.files.names import INLINE_TYPES, MAX_NAME_LENGTH, safe_name, sniff


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("Informe año 2026.pdf", "Informe año 2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\foto.jpg", "foto.jpg"),
        ("foto\u202egpj.exe", "fotogpj.exe"),
        ("a\x00b\r\nSet-Cookie: x", "abSet-Cookie_ x"),
        ("", "file"),
        ("...", "file"),
        ("/", "file"),
        ("CON.txt", "_CON.txt"),
        ("nul", "_nul"),
        ('a"b<c>.txt', "a_b_c_.txt"),
        ("x" * 300 + ".tar", "x" * 146 + ".tar"),
        (".htaccess", "htaccess"),
    ],
)
def test_safe_name(given_name: str, safe: str) -> None:
    assert safe_name(given_name) == safe


@given(st.text(max_size=400))
def test_any_name_becomes_safe_and_stays_so(name: str) -> None:
    made = safe_name(name)
    assert 0 < len(made) <= MAX_NAME_LENGTH
    assert not set(made) & set('/\\\x00\r\n"<>|?*')
    assert safe_name(made) == made


@pytest.mark.parametrize(
    ("first", "name", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n....", "x.html", "image/png"),
        (b"\xff\xd8\xff\xe0", "x", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBP", "x", "image/webp"),
        (b"xxxx\x00\x00\x00\x00WEBP", "x", "application/octet-stream"),
        (b"\x00\x00\x00\x18ftypmp42", "x", "video/mp4"),
        (b"\x00\x00\x00\x18ftypheic", "IMG_1.HEIC", "image/heic"),
        (b"%PDF-1.7", "x", "application/pdf"),
        (b"PK\x03\x04", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04", "a.png", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "application/vnd.ms-excel"),
        (b"hola", "a.txt", "text/plain"),
        ("avería".encode("latin-1"), "", "text/plain"),
        (b"a;b\n1;2", "a.csv", "text/csv"),
        (b"BMW M3", "coches.txt", "text/plain"),
        (b"<html><script>x</script>", "a.txt", "text/html"),
        (b"  \n<!DOCTYPE html>", "a.png", "text/html"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><svg xmlns="x">', "a.png", "image/svg+xml"),
        (b"<!-- x --><svg onload=alert(1)>", "a.txt", "image/svg+xml"),
        (b"<?xml version='1.0'?>", "a", "text/xml"),
        (b"alert(1)", "a.js", "text/javascript"),
        (b"\x00\x01\x02", "a.txt", "application/octet-stream"),
        (b"", "a.bin", "application/octet-stream"),
        (b"MZ\x90\x00", "a.jpg", "application/vnd.microsoft.portable-executable"),
    ],
)
def test_sniff(first: bytes, name: str, expected: str) -> None:
    assert sniff(first, name) == expected


@given(st.binary(max_size=50), st.text(max_size=20))
def test_no_bytes_confuse_the_sniffer_into_showing_markup(tail: bytes, name: str) -> None:
    for head in (b"<html>", b"<svg ", b"<?xml ", b"<script>", b"<!DOCTYPE html"):
        assert sniff(head + tail, name) not in INLINE_TYPES
    assert sniff(tail, name)

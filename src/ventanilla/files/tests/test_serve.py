"""Files over HTTP, through signed addresses."""

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils.timezone import now

from ventanilla.files.actions import store
from ventanilla.files.addresses import read_signed, signed
from ventanilla.files.views import serve

SOON = timedelta(minutes=5)
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20


@pytest.mark.django_db
def test_a_signed_address_opens_its_file(client: Client) -> None:
    response = client.get(signed(store(PNG).id, "señal «1».png", now() + SOON))
    assert response.status_code == 200
    assert response.getvalue() == PNG
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"] == "inline; filename*=utf-8''se%C3%B1al%20%C2%AB1%C2%BB.png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "private, max-age=3600"
    assert response["Content-Length"] == "28"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg onload=alert(1)></svg>", "a.svg"),
        (b"<html></html>", "a.png"),
        (b"<?xml version='1.0'?><x/>", "a.xml"),
        (b"alert(1)", "a.js"),
        (b"%PDF-1.7", "a.pdf"),
        (b"\x00\x01", "a"),
    ],
)
def test_what_could_act_only_downloads(client: Client, content: bytes, name: str) -> None:
    response = client.get(signed(store(content, name=name).id, name, now() + SOON))
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] in {"application/octet-stream", "application/pdf"}
    assert response.getvalue() == content


@pytest.mark.django_db
def test_a_known_file_is_not_sent_again(client: Client) -> None:
    address = signed(store(PNG).id, "a.png", now() + SOON)
    etag = client.get(address)["ETag"]
    response = client.get(address, headers={"If-None-Match": etag})
    assert response.status_code == 304
    assert response.content == b""


@pytest.mark.django_db
def test_head_and_post(client: Client) -> None:
    address = signed(store(PNG).id, "a.png", now() + SOON)
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


@pytest.mark.django_db
def test_forged_expired_and_lost_are_not_found(client: Client) -> None:
    blob = store(PNG)
    address = signed(blob.id, "a.png", now() + SOON)
    assert client.get(address[:-1] + ("A" if address[-1] != "A" else "B")).status_code == 404
    assert client.get(signed(blob.id, "a.png", now() - SOON)).status_code == 404
    assert client.get(signed(blob.id + 1, "a.png", now() + SOON)).status_code == 404
    assert client.get("/files/s/x").status_code == 404
    assert client.get("/files/s/...").status_code == 404
    blob.delete()
    assert client.get(address).status_code == 404


def test_a_token_names_blob_and_file() -> None:
    token = signed(12, "nota.txt", now() + SOON).rpartition("/")[2]
    assert read_signed(token) == (12, "nota.txt")
    assert read_signed(token, at=now() + 2 * SOON) is None


@pytest.mark.django_db
def test_a_name_cannot_break_the_header() -> None:
    response = serve(RequestFactory().get("/"), blob=store(PNG), name='a"\r\nX-Evil: 1.png', inline=True)
    assert "\n" not in response["Content-Disposition"]
    assert "X-Evil" not in response.headers
    response.close()

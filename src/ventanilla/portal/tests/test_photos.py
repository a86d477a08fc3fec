"""Photos that requesters send: through the portal, the form without scripts, and the link of a mail."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pillow_heif import register_heif_opener
from tests.plugin import People

from ventanilla.files.queries import open_blob
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.models import Attachment, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.pure]
GPS, ORIENTATION = 0x8825, 0x0112


def photo(kind: str) -> bytes:
    """A photo taken with the phone held upright, at a known place: red at its left end, to see how it lies."""
    if kind == "HEIF":
        register_heif_opener()
    image = Image.new("RGB", (3000, 600), "white")
    image.paste("red", (0, 0, 300, 600))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS).update({1: "N", 2: (40.0, 24.0, 59.0)})
    made = io.BytesIO()
    image.save(made, kind, exif=exif.tobytes(), quality=80)  # HEIC from bytes alone is turned as phones turn it
    return made.getvalue()


def stored() -> list[tuple[str, Image.Image]]:
    found = []
    for row in Attachment.objects.select_related("blob").order_by("name"):
        with open_blob(row.blob) as file:
            found.append((row.name, Image.open(io.BytesIO(file.read()))))
    return found


def test_heic_becomes_jpeg_and_no_photo_tells_where_it_was_taken(people: People, ticket: Ticket, sign_in):
    client, visitor = sign_in(people.requester), Client(headers={"host": "localhost"})
    heic, jpeg = photo("HEIF"), photo("JPEG")
    assert b"GPS" in heic or b"Exif" in heic
    sent = client.post("/portal/uploads/", {"file": SimpleUploadedFile("IMG_1.HEIC", heic)})
    assert (sent.status_code, sent.json()["name"], sent.json()["type"]) == (201, "IMG_1.jpg", "image/jpeg")
    client.post(
        f"/portal/tickets/{ticket.number}/reply/",
        {"body": "See", "attachments": sent.json()["id"], "files": SimpleUploadedFile("IMG_2.jpg", jpeg)},
    )
    link = ticket_link(ticket, people.requester)
    linked = visitor.post(f"{link}uploads/", {"file": SimpleUploadedFile("IMG_3.jpg", jpeg)}).json()
    visitor.post(f"{link}reply/", {"body": "One more", "attachments": linked["id"]})
    photos = stored()
    assert [name for name, _image in photos] == ["IMG_1.jpg", "IMG_2.jpg", "IMG_3.jpg"]
    for name, image in photos:
        exif = image.getexif()
        assert not exif.get_ifd(GPS), name
        upright = image if name == "IMG_1.jpg" else image.transpose(Image.Transpose.ROTATE_270)
        assert upright.width < upright.height and upright.getpixel((upright.width // 2, 5))[1] < 90, "red is on top"
    assert photos[0][1].height == 2000 and photos[1][1].size == (3000, 600)
    assert photos[1][1].getexif()[ORIENTATION] == 6


def test_what_is_no_picture_after_all_is_refused_with_a_sentence(people: People, sign_in):
    broken = photo("HEIF")[:300] + b"\0" * 500
    client = sign_in(people.requester)
    sent = client.post("/portal/uploads/", {"file": SimpleUploadedFile("a.heic", broken)})
    assert sent.status_code == 422 and "a.heic" in sent.json()["detail"]
    answer = client.post("/portal/new/incident/", {"subject": "x", "files": SimpleUploadedFile("a.heic", broken)})
    assert answer.status_code == 422 and not Ticket.objects.exists() and not Attachment.objects.exists()


def test_a_document_is_kept_as_it_is(people: People, ticket: Ticket, sign_in):
    document = b"%PDF-1.7 GPS Exif"
    client = sign_in(people.requester)
    sent = client.post("/portal/uploads/", {"file": SimpleUploadedFile("a.pdf", document)}).json()
    client.post(f"/portal/tickets/{ticket.number}/reply/", {"body": "See", "attachments": sent["id"]})
    with open_blob(Attachment.objects.get().blob) as file:
        assert file.read() == document

"""`ventanilla mail deliver`: the contract with the MTA."""

import io
import json
import sys
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from ventanilla.files.queries import read_blob
from ventanilla.mail.models import Mailbox, RawMail
from ventanilla.mail.tests.mail_corpus import corpus
from ventanilla.mail.tests.write import write
from ventanilla.tickets.models import Ticket

pytestmark = pytest.mark.django_db


def lines(*arguments: str) -> list[dict[str, object]]:
    said = io.StringIO()
    call_command("mail", "deliver", *arguments, stdout=said)
    return [json.loads(line) for line in said.getvalue().splitlines()]


def test_a_folder_of_everything_that_real_mail_contains(mailbox, tmp_path):
    cases = {f"{index:03d}-{case.name}".replace("/", "_"): case.raw for index, case in enumerate(corpus())}
    assert len(cases) >= 60
    for name, raw in cases.items():
        (tmp_path / name).write_bytes(raw)
    answers = lines("--dir", str(tmp_path))
    assert [answer["file"] for answer in answers] == sorted(cases)
    assert {answer["outcome"] for answer in answers} <= {"opened", "added", "bounce", "quarantined", "duplicate"}
    assert "opened" in {answer["outcome"] for answer in answers}
    for answer in answers:
        row = RawMail.objects.get(pk=answer["raw"])
        assert row.error == ""
        assert read_blob(row.blob) == cases[str(answer["file"])], "every byte of every mail is kept"
        assert (answer["outcome"] in ("opened", "added")) == (answer["ticket"] is not None) or answer[
            "outcome"
        ] == "duplicate"


def test_delivering_the_folder_again_doubles_nothing(mailbox, tmp_path):
    for n in range(5):
        (tmp_path / f"{n}.eml").write_bytes(write(Subject=f"{n}"))
    first = lines("--dir", str(tmp_path))
    again = lines("--dir", str(tmp_path))
    assert [a["outcome"] for a in again] == ["duplicate"] * 5
    assert [a["ticket"] for a in again] == [a["ticket"] for a in first]
    assert Ticket.objects.count() == 5


def test_a_file_that_cannot_be_read_stops_the_folder_only_in_its_turn(mailbox, tmp_path):
    for n in range(12):
        (tmp_path / f"{n:02d}.eml").write_bytes(write(Subject=f"{n}"))
    (tmp_path / "05-broken.eml").symlink_to("/proc/self/mem")  # opens, and cannot be read
    said = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("mail", "deliver", "--dir", str(tmp_path), stdout=said, stderr=io.StringIO())
    assert stopped.value.code == 75
    told = [json.loads(line)["file"] for line in said.getvalue().splitlines()]
    assert told == [f"{n:02d}.eml" for n in range(5)]
    assert RawMail.objects.count() == Ticket.objects.count() == 5
    (tmp_path / "05-broken.eml").unlink()
    assert [line["outcome"] for line in lines("--dir", str(tmp_path))] == ["duplicate"] * 5 + ["opened"] * 7


def test_a_stored_mail_that_was_not_processed_is_processed_now(mailbox, deliver):
    raw = write()
    deliver(raw)
    RawMail.objects.update(state=RawMail.State.NEW, outcome="", ticket=None, sameness="")
    Ticket.objects.all().delete()
    answer = deliver(raw)
    assert answer.outcome == "opened" and RawMail.objects.count() == 1


def test_the_mailbox_by_recipient_by_name_and_the_catch_all(deliver, make_mailbox):
    make_mailbox("ventas@mesa.example")
    assert deliver(write(To="Ventas+web@Mesa.example")).row.mailbox.address == "ventas@mesa.example"
    assert deliver(write(To="otro@mesa.example")).row.mailbox.address == "soporte@mesa.example"
    assert deliver(write(To="otro@mesa.example"), mailbox="VENTAS@mesa.example").row.mailbox.address.startswith("v")
    with pytest.raises(SystemExit) as kept:
        deliver(write(), mailbox="nadie@mesa.example")
    assert kept.value.code == 75  # the mail server keeps it until somebody has set the mailbox up


def test_75_when_it_could_not_be_stored(mailbox, monkeypatch, settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.MEDIA_ROOT = tmp_path / "file"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(write())))
    with pytest.raises(SystemExit) as end:
        lines()
    assert end.value.code == 75
    assert RawMail.objects.count() == 0


def test_75_when_there_is_no_mailbox(mailbox, monkeypatch):
    Mailbox.objects.update(enabled=False, address="x@otro.example")
    monkeypatch.setattr("ventanilla.mail.queries.by_config_version", lambda _key, build: build())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(write())))
    with pytest.raises(SystemExit) as end:
        lines()
    assert end.value.code == 75


@pytest.mark.parametrize("raw", [b"", b"\0", b"not a mail at all", b"\r\n\r\n", b"\xff\xfe" * 100])
def test_content_never_makes_it_fail(raw, deliver):
    answer = deliver(raw)
    assert answer.outcome in ("opened", "quarantined")
    assert read_blob(answer.row.blob) == raw


def test_a_large_mail_is_parsed_in_its_own_process(deliver):
    raw = write("x " * 400_000, files=[("a.bin", "application/octet-stream", bytes(range(256)) * 8000)])
    assert len(raw) > 2 * 1024 * 1024
    answer = deliver(raw)
    assert answer.outcome == "opened"
    attachment = answer.row.ticket.messages.get().attachments.get(name="a.bin")
    assert read_blob(attachment.blob) == bytes(range(256)) * 8000

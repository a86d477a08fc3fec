"""What is told by mail about one's account, to whom, in which language."""

import pytest
from tests.plugin import PASSWORD, SETUP, People

from ventanilla.api.actions import create_token
from ventanilla.mail.letters import letter_for
from ventanilla.mail.models import Outgoing
from ventanilla.people.actions import change_person
from ventanilla.people.author import Author
from ventanilla.people.models import Person

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


def told() -> dict[str, str]:
    return {mail.address: letter_for(mail).text for mail in Outgoing.objects.all()}


def test_a_new_password_is_told_with_device_and_place(sign_in, people: People, run_background):
    Person.objects.filter(pk=people.requester.pk).update(language="es", notices="none")
    client = sign_in(people.requester)
    new = {"password-current": PASSWORD, "password-new": "another long horse"}
    client.post("/profile/password/", new, headers={"user-agent": FIREFOX})
    run_background()
    (text,) = told().values()
    assert "Su contraseña ha cambiado." in text and "Firefox en Windows · 127.0.0.1" in text
    assert "http://desk.example/profile/safety/" in text and "another long horse" not in text


def test_a_new_address_is_told_to_the_old_one_too(people: People, run_background):
    change_person(by=Author.of(people.administrator), person=people.agent, email="new@people.example")
    change_person(by=Author.of(people.administrator), person=people.reader, job_title="Reader", is_active=True)
    run_background()
    assert told().keys() == {"aitor@people.example", "new@people.example"}
    text = told()["aitor@people.example"]
    assert "changed from aitor@people.example to new@people.example" in text and "Somebody who runs" in text


def test_a_token_is_told_without_the_token(people: People, run_background):
    token = create_token(by=Author.of(people.agent), person=people.agent, name="nightly script")
    run_background()
    (text,) = told().values()
    assert "nightly script" in text and token not in text


def test_whoever_has_no_address_or_is_switched_off_is_told_nothing(people: People, run_background):
    Person.objects.filter(pk=people.agent.pk).update(email=None)
    Person.objects.filter(pk=people.reader.pk).update(is_active=False)
    for person in (people.agent, people.reader):
        create_token(by=SETUP, person=person)
    run_background()
    assert told() == {}

"""The second step of signing in: after the password, the mailed code or another provider, and before the session."""

from typing import Any

from allauth.account.internal.stagekit import clear_login, stash_login
from allauth.account.stages import LoginStage
from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ventanilla.people.account_actions import note_refusal
from ventanilla.people.models import Person
from ventanilla.people.origin import Origin

KEY = "second_step"
# After as many wrong codes one begins again with the password or code; beside it stands the limit of the settings.
MOST_WRONG = 5


class SecondStepStage(LoginStage):
    """Holds the sign-in of whoever has a second step until it is taken."""

    key = KEY
    urlname = "sign-in-second"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Ask, or go on at once for whoever has no second step or has just used a passkey instead of a password."""
        person = self.login.user
        if not isinstance(person, Person) or person.protected_at is None or self.login.state.get("whole"):
            return None, True
        return redirect("sign-in-second"), True


def may_try(request: HttpRequest, person: Person) -> bool:
    """Whether another code may be tried for this person from here; counts the attempt."""
    return bool(ratelimit.consume(request, action="second_step", key=str(person.pk)))


def succeeded(request: HttpRequest, person: Person) -> None:
    """Forget the attempts of a person who has proved themselves."""
    ratelimit.clear(request, action="second_step", key=str(person.pk))


def failed(request: HttpRequest, stage: Any) -> bool:
    """Remember a wrong second step; returns whether one may try again before beginning anew."""
    person: Person = stage.login.user
    note_refusal(person=person, address=person.email or "", why="second", origin=Origin.of(request))
    stage.state["wrong"] = stage.state.get("wrong", 0) + 1
    if stage.state["wrong"] >= MOST_WRONG:
        clear_login(request)
        return False
    stash_login(request, stage.login)
    return True

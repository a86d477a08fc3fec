"""Who a session belongs to."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from ventanilla.people.models import Person
from ventanilla.people.queries import persons_by_id, role_of


class PersonBackend(AuthenticationBackend):
    """Sign-in as allauth does it; the person of a session is read by a prepared query, their role is remembered."""

    def get_user(self, user_id: Any) -> Person | None:
        """The active person with this id, or `None`: whoever was made inactive is signed out with the next request."""
        person = persons_by_id([int(user_id)]).get(int(user_id))
        if person is None or not self.user_can_authenticate(person):
            return None
        person.role = role_of(person)
        return person

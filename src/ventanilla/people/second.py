"""Who must have a second step at the sign-in, and what somebody has."""

from typing import Final

from ventanilla.installation.queries import installation
from ventanilla.people.models import Person, RecoveryCode, SecondStep
from ventanilla.people.rights import Right

SETTING: Final = "second_step"
ADMINISTRATORS: Final = "administrators"
AGENTS: Final = "agents"


def second_step_required(person: Person) -> bool:
    """Whether somebody may do nothing before they have a second step.

    Whoever manages people or settings, and every agent if the installation says so. The demo company asks nobody: its
    sign-ins are printed to be tried.
    """
    company = installation()
    if company.demo:
        return False
    if has_protected_rights(person):
        return True
    return company.settings.get(SETTING) == AGENTS and person.may(Right.DESK)


def has_protected_rights(person: Person) -> bool:
    """Whether somebody manages people or settings: whoever took over their account would have everybody's."""
    return person.may(Right.PEOPLE) or person.may(Right.SETTINGS)


def second_steps_of(person: Person) -> list[SecondStep]:
    """A person's second steps, the oldest first."""
    return list(SecondStep.objects.filter(person=person).order_by("created_at", "pk"))


def codes_left(person: Person) -> int:
    """How many recovery codes somebody has left."""
    return RecoveryCode.objects.filter(person=person, used_at=None).count()

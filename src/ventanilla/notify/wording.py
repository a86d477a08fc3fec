"""What a notification says, and why somebody got it, in the reader's language."""

from django.utils.translation import gettext as _

from ventanilla.notify.models import Notification
from ventanilla.people.models import Person

_R = Notification.Reason


def headline(row: Notification) -> str:
    """What happened, in one sentence with its author."""
    name = row.author.display_name if row.author else (row.message.author_name if row.message else "") or "Ventanilla"
    happened = {
        _R.MENTIONED: _("%(name)s mentioned you."),
        _R.MENTIONED_TEAM: _("%(name)s mentioned your team."),
        _R.ASSIGNED: _("%(name)s assigned the ticket to you."),
        _R.OPENED_MINE: _("%(name)s opened a ticket that is yours."),
        _R.OPENED_TEAM: _("%(name)s opened a ticket."),
        _R.OPENED_ANY: _("%(name)s opened a ticket."),
        _R.ANSWERED: _("%(name)s answered."),
        _R.ANSWERED_FOLLOWED: _("%(name)s answered."),
        _R.ANSWERED_TEAM: _("%(name)s answered."),
        _R.ANSWERED_ANY: _("%(name)s answered."),
        _R.NOTED: _("%(name)s added an internal note."),
        _R.NOTED_FOLLOWED: _("%(name)s added an internal note."),
        _R.WOKE: _("What you had put off is back."),
        _R.WOKE_ANSWERED: _("%(name)s answered what you had put off."),
        _R.TASK_ASSIGNED: _("%(name)s gave you a task."),
        _R.TASK_DUE_SOON: _("A task of yours is due soon."),
        _R.TASK_OVERDUE: _("A task of yours is overdue."),
        _R.TIME_NEAR: _("An agreed time is about to end."),
        _R.TIME_OVER: _("An agreed time is over."),
    }
    return happened[_R(row.reason)] % {"name": name}


def why(row: Notification, person: Person) -> str:
    """Why the person got it: what they have to do with the ticket, or what they chose."""
    because = {
        _R.MENTIONED: _("Because you were mentioned. Mentions reach you whatever you chose."),
        _R.MENTIONED_TEAM: _("Because a team you are in was mentioned. Mentions reach you whatever you chose."),
        _R.ASSIGNED: _("Because the ticket was assigned to you."),
        _R.OPENED_MINE: _("Because the ticket was assigned to you when it was opened."),
        _R.OPENED_TEAM: _("Because it is a ticket of a team you are in."),
        _R.OPENED_ANY: _("Because you chose to be told of everything."),
        _R.ANSWERED: _("Because the ticket was assigned to you."),
        _R.ANSWERED_FOLLOWED: _("Because you follow the ticket."),
        _R.ANSWERED_TEAM: _("Because it is a ticket of a team you are in."),
        _R.ANSWERED_ANY: _("Because you chose to be told of everything."),
        _R.NOTED: _("Because the ticket was assigned to you."),
        _R.NOTED_FOLLOWED: _("Because you follow the ticket."),
        _R.WOKE: _("Because you put the ticket off until now."),
        _R.WOKE_ANSWERED: _("Because you had put the ticket off, and an answer brings it back."),
        _R.TASK_ASSIGNED: _("Because a task of the ticket is yours now."),
        _R.TASK_DUE_SOON: _("Because a task of the ticket is yours, and its date is near."),
        _R.TASK_OVERDUE: _("Because a task of the ticket is yours, and its date has come."),
        _R.TIME_NEAR: _("Because the ticket is yours, or nobody's of your team, and its agreement warns beforehand."),
        _R.TIME_OVER: _("Because the ticket is yours, or nobody's of your team, and its agreed time is over."),
    }
    chosen = {
        Person.Notices.NONE: _("Your choice: nothing."),
        Person.Notices.MINE: _("Your choice: what is mine."),
        Person.Notices.TEAM: _("Your choice: what is mine and of my teams."),
        Person.Notices.ALL: _("Your choice: everything."),
    }
    return f"{because[_R(row.reason)]} {chosen[Person.Notices(person.notices)]}"

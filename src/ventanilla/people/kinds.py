"""The kinds of event about people, their accounts and the installation."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind
from ventanilla.people.calendar_section import CALENDARS
from ventanilla.people.sections import DEPARTMENTS, ROLES, TEAMS

KINDS = (
    Kind("installation.changed", audience="admin", audit="settings", sentence=_("Installation changed")),
    Kind("person.created", audience="staff", audit="rights", sentence=_("Person with rights at the desk created")),
    Kind("person.changed", audience="staff"),
    Kind("person.data_changed", audience="staff", audit="account", sentence=_("Data of a person changed")),
    Kind("person.invited", audience="staff", audit="rights", sentence=_("Invited to the help desk")),
    Kind("person.rights_changed", audience="staff", audit="rights", sentence=_("Rights or address changed")),
    Kind("modules.switched", audience="admin", audit="settings", sentence=_("Modules switched on or off")),
    Kind("vocabulary.chosen", audience="admin", audit="settings", sentence=_("Vocabulary changed")),
    Kind("modules.hidden", audience="admin", audit="settings", sentence=_("Modules hidden or shown")),
    Kind("person.merged", audience="admin", audit="rights", sentence=_("Made part of another person")),
    Kind("person.unmerged", audience="admin", audit="rights", sentence=_("Separated from another person again")),
    Kind("person.viewed_as", audience="admin", audit="rights", sentence=_("Pages seen as this person")),
    Kind("person.signed_in", audience="admin", audit="sign_in", sentence=_("Signed in")),
    Kind("person.sign_in_failed", audience="admin", audit="sign_in", sentence=_("Sign-in refused")),
    Kind("person.locked_out", audience="admin", audit="sign_in", sentence=_("Locked after too many attempts")),
    Kind("person.password_changed", audience="admin", audit="account", sentence=_("Password changed")),
    Kind("person.sessions_ended", audience="admin", audit="account", sentence=_("Sessions ended")),
    Kind("person.address_verified", audience="admin", audit="account", sentence=_("Address proved by a code")),
    Kind("person.second_step_added", audience="admin", audit="account", sentence=_("Second step added")),
    Kind("person.second_step_removed", audience="admin", audit="account", sentence=_("Second step removed")),
    Kind("person.second_step_reset", audience="admin", audit="account", sentence=_("Second step reset")),
    Kind("person.recovery_codes_made", audience="admin", audit="account", sentence=_("New recovery codes")),
    Kind("person.recovery_code_used", audience="admin", audit="sign_in", sentence=_("Recovery code used")),
    Kind("person.sign_in_linked", audience="admin", audit="account", sentence=_("External sign-in linked")),
    Kind("person.sign_in_unlinked", audience="admin", audit="account", sentence=_("External sign-in unlinked")),
    Kind("sign_in_provider.created", audience="admin", audit="settings", sentence=_("Sign-in provider connected")),
    Kind("sign_in_provider.changed", audience="admin", audit="settings", sentence=_("Sign-in provider changed")),
    Kind("sign_in_provider.removed", audience="admin", audit="settings", sentence=_("Sign-in provider removed")),
    Kind("organization.created", audience="staff", audit="settings", sentence=_("Organization created")),
    Kind("organization.changed", audience="staff", audit="settings", sentence=_("Organization changed")),
    Kind("organization.brand_set", audience="admin", audit="settings", sentence=_("Brand of an organization set")),
    Kind("import.started", audience="admin", audit="settings", sentence=_("Import of people started")),
    *ROLES.kinds(),
    *DEPARTMENTS.kinds(),
    *TEAMS.kinds(),
    *CALENDARS.kinds(),
    Kind("team.members_changed", audience="admin", audit="rights", sentence=_("Members of a team changed")),
    Kind("import.finished", audience="admin", audit="settings", sentence=_("Import of people finished")),
)

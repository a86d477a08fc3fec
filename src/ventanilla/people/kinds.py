"""The kinds of event about people and the installation."""

from ventanilla.events.registry import Kind

KINDS = (
    Kind("installation.changed", audience="admin"),
    Kind("person.created", audience="staff"),
    Kind("person.changed", audience="staff"),
    Kind("person.invited", audience="staff"),
    Kind("person.password_changed", audience="admin"),
    Kind("person.address_verified", audience="admin"),
    Kind("organization.created", audience="staff"),
    Kind("organization.changed", audience="staff"),
    Kind("department.created", audience="admin"),
    Kind("department.changed", audience="admin"),
    Kind("import.started", audience="admin"),
    Kind("import.finished", audience="admin"),
    Kind("team.created", audience="admin"),
    Kind("team.changed", audience="admin"),
)

"""The kinds of event about setting up."""

from ventanilla.events.registry import Kind

KINDS = (
    Kind("welcome.code_made", audience="admin"),
    Kind("welcome.opened", audience="admin"),
    Kind("welcome.finished", audience="admin"),
)

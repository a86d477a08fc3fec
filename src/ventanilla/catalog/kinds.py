"""The kinds of event about the catalog."""

from ventanilla.events.registry import Kind

KINDS = (Kind("service.created", audience="admin"),)

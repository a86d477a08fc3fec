"""The kinds of event about the API."""

from ventanilla.events.registry import Kind

KINDS = (Kind("token.created", audience="admin"), Kind("token.revoked", audience="admin"))

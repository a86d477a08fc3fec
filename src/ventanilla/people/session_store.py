"""Where sessions are kept (`SESSION_ENGINE`): Django's rows, which also know whose they are and where they began."""

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions

from ventanilla.people.models import Session


class SessionStore(DatabaseSessions):
    """Copies what the list of sessions shows from the session itself, so that the two can never disagree."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of a session with this content."""
        row = cast(Session, super().create_model_instance(data))
        person = str(data.get("_auth_user_id") or "")
        row.person_id = int(person) if person.isdecimal() else None
        row.ip, row.agent = data.get("ip", ""), data.get("agent", "")
        for name in ("began_at", "seen_at"):
            seconds = data.get(name)
            setattr(row, name, datetime.fromtimestamp(seconds, UTC) if seconds else None)
        return row

"""Where sessions are kept (`SESSION_ENGINE`): Django's rows, which also know whose they are and where they began."""

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.utils import timezone

from ventanilla.core.prepared import Given, Prepared
from ventanilla.people.models import Session

_LIVING = Prepared(lambda: Session.objects.filter(session_key=Given("key"), expire_date__gt=Given("now")))


class SessionStore(DatabaseSessions):
    """Copies what the list of sessions shows from the session itself, so that the two can never disagree."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table."""
        return Session

    def _get_session_from_db(self) -> Session | None:
        """The row of this session while it lasts, as Django's own finds it, by a prepared query: every page asks."""
        found = _LIVING.objects(key=self.session_key, now=timezone.now())
        if not found:
            self._session_key = None
        return found[0] if found else None

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

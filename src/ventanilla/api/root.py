"""The root of the REST API: who calls, what errors look like, and whose resources hang where."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as SchemaError
from ninja.security import HttpBearer

from ventanilla import __version__
from ventanilla.api.models import Token
from ventanilla.api.problems import field_of, sentence_of
from ventanilla.api.queries import usable_token
from ventanilla.api.scopes import allowed, needed
from ventanilla.api.uploads import router as uploads
from ventanilla.automation.api import router as macros
from ventanilla.installation.modules import module_of_operation, switched_off
from ventanilla.mail.api import router as mail
from ventanilla.people.merging_api import router as merges
from ventanilla.people.middleware import zone_of
from ventanilla.people.models import Person
from ventanilla.people.settings_api import router as settings
from ventanilla.saved_views.api import router as views
from ventanilla.sla.api import router as clocks
from ventanilla.tickets.actions import Stale
from ventanilla.tickets.api import router as tickets
from ventanilla.tickets.bulk_api import router as bulk
from ventanilla.tickets.fields_api import router as fields
from ventanilla.tickets.people_api import router as people
from ventanilla.tickets.relations_api import router as relations
from ventanilla.tickets.survivors import Moved
from ventanilla.tickets.tasks_api import router as tasks
from ventanilla.tickets.time_api import hours_router as hours
from ventanilla.tickets.time_api import router as time

_USED_EVERY_SECONDS = 60


class OutOfScope(PermissionDenied):
    """The token is good, but not for this."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class BearerToken(HttpBearer):
    """`Authorization: Bearer …` with a token of the profile page or of `ventanilla token create`."""

    def __init__(self, resource: str) -> None:
        super().__init__()
        self.resource = resource

    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        """The active person a token belongs to, with language and zone set for the answer.

        Raises `OutOfScope` (403) when the token is not for this resource, or for reading it only.
        """
        row = usable_token(token)
        if row is None:
            return None
        now = timezone.now()
        if row.used_at is None or (now - row.used_at).total_seconds() > _USED_EVERY_SECONDS:
            Token.objects.filter(pk=row.pk).update(used_at=now)
        if row.person.language and "Accept-Language" not in request.headers:
            translation.activate(row.person.language)
        timezone.activate(zone_of(row.person.time_zone))
        scope = needed(self.resource, request.method or "")
        if not allowed(row.scopes.split(), scope):
            raise OutOfScope(scope)
        return row.person


_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
# Which resource of the scopes the operations with a tag are about: uploads are written for tickets, views list
# them; who is whom is for those who may change how things are.
_RESOURCES = {
    "tickets": "tickets",
    "people": "tickets",
    "mail": "mail",
    "uploads": "tickets",
    "views": "tickets",
    "hours": "hours",
    "settings": "settings",
    "merges": "settings",
}
_PROBLEMS = (400, 401, 403, 404, 405, 409, 412, 413, 415, 422)


class Api(NinjaAPI):
    """The API whose description names the errors too, which are alike everywhere (RFC 9457)."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """The OpenAPI document, with every operation's possible problems and the scope its token needs."""
        document = super().get_openapi_schema(**kwargs)
        off, paths = switched_off(), document["paths"]
        for path in [path for path in paths if (module_of_operation(path) or "") in off]:
            del paths[path]
        for methods in document["paths"].values():
            for method, operation in methods.items():
                scope = needed(_RESOURCES[operation["tags"][0]], method.upper())
                operation["description"] = f"{operation.get('description', '')}\n\nScope: `{scope}`".strip()
                for status in _PROBLEMS:
                    operation["responses"].setdefault(
                        str(status),
                        {
                            "description": HTTPStatus(status).phrase,
                            "content": {"application/problem+json": {"schema": _PROBLEM}},
                        },
                    )
        return document


api = Api(
    title="Ventanilla",
    version=__version__,
    description=(
        "Tickets, messages, events and search, with the same rights as the pages. A token may be limited to scopes: "
        "each operation says which one it needs. To write includes to read; `*` is all you may do."
    ),
    urls_namespace="api",
    docs_url="/docs",
)
for _tag, _router in (
    ("tickets", tickets),
    ("tickets", fields),
    ("tickets", relations),
    ("people", people),
    ("tickets", bulk),
    ("tickets", macros),
    ("tickets", tasks),
    ("tickets", time),
    ("tickets", clocks),
    ("hours", hours),
    ("views", views),
    ("mail", mail),
    ("uploads", uploads),
    ("settings", settings),
    ("merges", merges),
):
    api.add_router("", _router, auth=BearerToken(_RESOURCES[_tag]))


def problem(request: HttpRequest, status: int, detail: str, **more: Any) -> HttpResponse:
    """An error as RFC 9457 says: `application/problem+json` with type, title, status, detail."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    response = api.create_response(request, body, status=status)
    response["Content-Type"] = "application/problem+json"
    return response


@api.exception_handler(SchemaError)
def _schema(request: HttpRequest, error: SchemaError) -> HttpResponse:
    errors = [{"field": field_of(e["loc"]), "detail": sentence_of(e)} for e in error.errors]
    return problem(request, 422, _("Some values cannot be used."), errors=errors)


@api.exception_handler(ValidationError)
def _validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    if hasattr(error, "error_dict"):
        errors = [{"field": name, "detail": text} for name, texts in error.message_dict.items() for text in texts]
    else:
        errors = [{"field": "", "detail": text} for text in error.messages]
    return problem(request, 422, " ".join(e["detail"] for e in errors), errors=errors)


@api.exception_handler(OutOfScope)
def _out_of_scope(request: HttpRequest, error: OutOfScope) -> HttpResponse:
    detail = _("This token is not for that: it lacks the scope %(scope)s.") % {"scope": error.scope}
    return problem(request, 403, detail)


@api.exception_handler(PermissionDenied)
def _forbidden(request: HttpRequest, _error: PermissionDenied) -> HttpResponse:
    return problem(request, 403, _("You may not do this."))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem(request, 404, _("There is nothing here, or not for you."))


@api.exception_handler(Moved)
def _moved(request: HttpRequest, error: Moved) -> HttpResponse:
    match = request.resolver_match
    if match is None:
        return problem(request, 404, _("There is nothing here, or not for you."))
    said = _("This ticket was merged into %(number)s.") % {"number": error.number}
    response = problem(request, 308, said)
    query = request.META.get("QUERY_STRING", "")
    url = reverse(match.view_name, kwargs={**match.kwargs, "number": error.number})
    response["Location"] = f"{url}?{query}" if query else url
    return response


@api.exception_handler(SuspiciousOperation)
def _suspicious(request: HttpRequest, _error: SuspiciousOperation) -> HttpResponse:
    return problem(request, 400, _("This page of the list no longer exists. Go back to its beginning."))


@api.exception_handler(Stale)
def _stale(request: HttpRequest, _error: Stale) -> HttpResponse:
    return problem(request, 412, _("Somebody changed the ticket meanwhile. Read it again."))


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    response = problem(request, 401, _("Send a valid token: Authorization: Bearer …"))
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    detail = _("The body is no JSON.") if error.status_code == 400 and error.__cause__ else str(error)
    return problem(request, error.status_code, detail)

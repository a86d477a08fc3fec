"""Errors as RFC 9457 says, in the reader's language, for what never reaches one of the API's operations too."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _

PREFIX = "/api/v1/"
CONTENT_TYPE = "application/problem+json"


def problems(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Turn error pages under `/api/v1/` (unknown address, wrong method, body too large, fault) into problems.

    Who calls is not known there, so the language is the one the request asks for.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code < 400 or not request.path.startswith(PREFIX):
            return response
        if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        with translation.override(translation.get_language_from_request(request)):
            status = response.status_code
            body = {
                "type": "about:blank",
                "title": HTTPStatus(status).phrase,
                "status": status,
                "detail": _said(status),
            }
            answer = JsonResponse(body, status=status, content_type=CONTENT_TYPE)
        for name in ("Allow", "Retry-After"):
            if name in response.headers:
                answer[name] = response[name]
        return answer

    return middleware


def _said(status: int) -> str:
    sentences = {
        404: _("There is nothing here, or not for you."),
        405: _("This address does not know this method."),
        413: _("The request is too large."),
    }
    fault = _("Something went wrong here. Nothing was changed.")
    return sentences.get(status) or (fault if status >= 500 else _("This request cannot be answered."))


def field_of(place: Sequence[str | int]) -> str:
    """The caller's own name of a field that pydantic found wrong: `requester.email`; empty for the body as a whole."""
    parts = [str(part) for part in place]
    return ".".join(parts[2:] if parts[:1] == ["body"] else parts[1:])


def sentence_of(error: Mapping[str, Any]) -> str:
    """What is wrong with one value, in the language of the answer, from an error of pydantic's."""
    kind, limits = str(error["type"]), error.get("ctx") or {}
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    sentences = {
        "missing": _("This is required."),
        "extra_forbidden": _("There is no such field."),
        "string_type": _("This must be text."),
        "int_type": _("This must be a whole number."),
        "int_parsing": _("This must be a whole number."),
        "bool_type": _("This must be true or false."),
        "bool_parsing": _("This must be true or false."),
        "list_type": _("This must be a list."),
        "model_attributes_type": _("This must be an object."),
        "model_type": _("This must be an object."),
        "dict_type": _("This must be an object."),
        "string_too_long": _("At most %(max_length)s characters."),
        "string_too_short": _("At least %(min_length)s characters."),
        "too_long": _("At most %(max_length)s entries."),
        "less_than_equal": _("At most %(le)s."),
        "greater_than_equal": _("At least %(ge)s."),
        "literal_error": _("One of these: %(expected)s."),
    }
    sentence = sentences.get(kind)
    if "expected" in limits:
        limits = {**limits, "expected": str(limits["expected"]).replace(" or ", ", ")}
    return sentence % limits if sentence else _("This value cannot be used.")

"""A program that speaks to the API with a person's token."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ventanilla.api.actions import create_token
from ventanilla.people.author import Author
from ventanilla.people.models import Person

BASE = "/api/v1"


class Api:
    """A client with a person's token, limited to scopes or not; without a person it has none."""

    def __init__(self, person: Person | None, *scopes: str, **headers: str) -> None:
        headers = {"host": "localhost"} | headers
        if person is not None:
            token = create_token(by=Author.of(person), person=person, scopes=scopes or ("*",))
            headers["authorization"] = f"Bearer {token}"
        self.client = Client(headers=headers, raise_request_exception=True)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = "" if body is None else json.dumps(body)
        return self.client.generic(method, BASE + path, data, content_type="application/json", headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(BASE + path, query)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.ask("PATCH", path, body, **headers)

    def upload(self, name: str, content: bytes) -> Any:
        return self.client.post(BASE + "/uploads", {"file": SimpleUploadedFile(name, content)})

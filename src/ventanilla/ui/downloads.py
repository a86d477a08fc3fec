"""Answers that a browser keeps as a file."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language

from ventanilla.core.sheets import csv_lines


def csv_answer(rows: Iterable[Sequence[str]], name: str) -> HttpResponse:
    """A CSV file to download, separated as spreadsheets in the reader's language expect it; formulas are neutral."""
    separator = "," if get_language() == "en" else ";"
    response = HttpResponse(b"".join(csv_lines(rows, separator=separator)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response

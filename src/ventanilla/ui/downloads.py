"""Answers that a browser keeps as a file."""

import tempfile
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language

from ventanilla.core.sheets import PIECE_BYTES, csv_lines, write_xlsx

Answer = TypeVar("Answer", HttpResponse, StreamingHttpResponse)
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_answer(rows: Iterable[Sequence[str]], name: str) -> HttpResponse:
    """A CSV file to download, separated as spreadsheets in the reader's language expect it; formulas are neutral."""
    response = HttpResponse(b"".join(csv_lines(rows, separator=_separator())), content_type=CSV_TYPE)
    return _named(response, name)


def csv_stream(rows: Iterable[Sequence[str]], name: str) -> StreamingHttpResponse:
    """The same, sent while `rows` are read: however many there are, memory stays the same."""
    lines = csv_lines(rows, separator=_separator())
    return _named(StreamingHttpResponse(lines, content_type=CSV_TYPE), name)


def xlsx_answer(rows: Iterable[Sequence[str]], name: str) -> StreamingHttpResponse:
    """An XLSX file to download, written to a temporary file first; formulas are neutral."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    write_xlsx(rows, cast(Any, file))
    file.seek(0)
    response = FileResponse(file, content_type=XLSX_TYPE)
    response.block_size = PIECE_BYTES
    return _named(response, name)


def _separator() -> str:
    return "," if get_language() == "en" else ";"


def _named(response: Answer, name: str) -> Answer:
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response

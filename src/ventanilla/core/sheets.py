"""Reading a table that somebody made elsewhere (CSV, XLSX), and writing one that no spreadsheet obeys. No database.

A CSV file says neither its charset nor its separator: both are found out from the bytes. What cannot be read is never
guessed at: the line says so, or the whole file does.
"""

import codecs
import csv
import io
import re
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import chain, product
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from xml.sax.saxutils import escape

from ventanilla.core.late import Late

if TYPE_CHECKING:
    from openpyxl.reader import excel
    from openpyxl.utils import exceptions
else:
    excel, exceptions = Late("openpyxl.reader.excel"), Late("openpyxl.utils.exceptions")

MOST_COLUMNS: Final = 60
LONGEST_CELL: Final = 2000
MOST_UNPACKED_BYTES: Final = 100 * 1024 * 1024
MOST_SHEET_ROWS: Final = 1_048_576  # Excel's own; formatted sheets have as many, nearly all empty
_MOST_CELL_CHARACTERS: Final = 32_000  # Excel's own are 32,767
_QUICKLY: Final = 1  # of the levels of packing: a fifth larger than by the usual one, in a third of its time
SEPARATORS: Final = (";", ",", "\t", "|")
PIECE_BYTES: Final = 64 * 1024  # of a file that is sent while it is made
_SNIFFED_CHARACTERS: Final = 200_000
# Controls, lone surrogates (bytes that are no text), the mark that another program put in the place of such bytes,
# and what XML knows no more than these.
_BROKEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffd-\uffff]")
_UNLIKE_XML: Final = re.compile(f"[&<>{_BROKEN.pattern[1:]}")
_FORMULA: Final = re.compile(r"\s*(?:[=@]|[+-](?![\d\s().\-/]*$))")
_QUOTED_FORMULA: Final = re.compile(rf"'*{_FORMULA.pattern}")
_ZIP: Final = b"PK\x03\x04"
# How a sheet names its columns: A to Z, AA to ZZ.
_LETTERS: Final = tuple(map("".join, chain(product(ascii_uppercase), product(ascii_uppercase, repeat=2))))


class Trouble(StrEnum):
    """Why a whole file cannot be read."""

    EMPTY = "empty"
    QUOTES = "quotes"
    ROWS = "rows"
    COLUMNS = "columns"
    DAMAGED = "damaged"
    UNPACKED = "unpacked"
    OLD_EXCEL = "old_excel"


class Unreadable(ValueError):
    """The file is no table that can be read. `line` (from 1) is where it shows, 0 when it is the file as a whole."""

    def __init__(self, trouble: Trouble, line: int = 0) -> None:
        super().__init__(f"{trouble} at line {line}")
        self.trouble = trouble
        self.line = line


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is not empty. `number` is its line in the file, or its row in the sheet, from 1."""

    number: int
    cells: tuple[str, ...]


def read_table(file: BinaryIO, *, most_rows: int) -> Iterator[Line]:
    """The rows of a CSV or XLSX file in order, the heading first; empty ones are left out, cells are stripped.

    An XLSX file is told by its bytes; its first sheet is read, formulas as they are written. A CSV file may be UTF-8,
    UTF-16 or Windows-1252, separated by semicolons, commas, tabs or bars. Bytes that are no text stay in their cell as
    what `is_broken` finds. Raises Unreadable, also for more than `most_rows` rows under the heading.
    """
    head = file.read(8)
    file.seek(0)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(Trouble.OLD_EXCEL)
    rows = _xlsx(file) if head.startswith(_ZIP) else _csv(file.read())
    found = 0
    for line in rows:
        if len(line.cells) > MOST_COLUMNS:
            raise Unreadable(Trouble.COLUMNS, line.number)
        if not any(line.cells):
            continue
        if found > most_rows:
            raise Unreadable(Trouble.ROWS, line.number)
        found += 1
        yield line
    if not found:
        raise Unreadable(Trouble.EMPTY)


def is_broken(cell: str) -> bool:
    """Whether a cell holds bytes that are no text in the file's charset, or what such bytes were turned into before."""
    return bool(_BROKEN.search(cell))


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would calculate the cell: `=…`, `@…`, and `+…` or `-…` unless it is a (phone) number."""
    return bool(_FORMULA.match(cell))


def plain(cell: str) -> str:
    """The cell as it may be shown and stored: what is no text becomes the replacement character."""
    return _BROKEN.sub("\N{REPLACEMENT CHARACTER}", cell)


def neutral(cell: str) -> str:
    """The cell as it may stand in an exported file: an apostrophe keeps spreadsheets from calculating it (OWASP)."""
    return f"'{cell}" if _QUOTED_FORMULA.match(cell) else cell


def neutral_row(row: Sequence[str]) -> list[str]:
    """Each cell `neutral`."""
    formula = _QUOTED_FORMULA.match
    return [f"'{cell}" if formula(cell) else cell for cell in row]


def csv_lines(rows: Iterable[Sequence[str]], *, separator: str) -> Iterator[bytes]:
    """Rows as CSV in UTF-8 with its mark, which Excel needs, every cell `neutral`; in pieces of some 64 KiB, for
    streaming: each piece costs a journey between threads."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    out.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    for row in rows:
        writer.writerow(neutral_row(row))
        if out.tell() >= PIECE_BYTES:
            yield out.getvalue().encode("utf-8", "replace")
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode("utf-8", "replace")


def write_xlsx(rows: Iterable[Sequence[str]], file: BinaryIO) -> None:
    """Write rows into an XLSX file of one sheet, every cell a text that is `neutral`. The rows pass through: however
    many there are, memory stays the same. They wait in a temporary file, for what is packed says first how long it is.
    """
    with (
        tempfile.TemporaryFile() as waiting,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICKLY) as book,
    ):
        waiting.writelines(_sheet(rows))
        for name, content in _BOOK.items():
            with book.open(name, "w") as packed:
                packed.write(f"{_XML}{content}".encode())
        # Excel wants the form for large files only where it must be.
        large = waiting.tell() >= zipfile.ZIP64_LIMIT
        waiting.seek(0)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=large) as packed:
            shutil.copyfileobj(waiting, packed, PIECE_BYTES)


def _cell(text: str) -> str:
    """Stripped, of bounded length, without the apostrophe of `neutral`: what was exported can be read again."""
    text = text.strip()[:LONGEST_CELL]
    return text[1:] if text.startswith("'") and _QUOTED_FORMULA.match(text) else text


# CSV


def _csv(data: bytes) -> Iterator[Line]:
    text = _text(data)
    separator, start = _separator(text)
    rows = csv.reader(io.StringIO(text[start:], newline=""), delimiter=separator, strict=True)
    number = 1 if start else 0
    # A cell longer than the library's limit is an error of the line, and an unclosed quote makes exactly that.
    last = number
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            raise Unreadable(Trouble.QUOTES, last + 1) from None
        yield Line(last + 1, tuple(_cell(cell) for cell in row))
        last = number + rows.line_num


def _text(data: bytes) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "surrogateescape")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    beginning = data[:400]
    if len(beginning) > 3 and beginning[1::2].count(0) * 2 > len(beginning[1::2]):
        return data.decode("utf-16-le", "replace")
    loose = data.decode("utf-8", "surrogateescape")
    whole = sum(1 for character in loose if "\x7f" < character < "\udc80" or character > "\udcff")
    broken = sum(1 for character in loose if "\udc80" <= character <= "\udcff")
    # One whole character in UTF-8 does not come about by chance: the rest is damage. Without any, it is Windows-1252.
    return loose if not broken or whole else data.decode("cp1252", "surrogateescape")


def _separator(text: str) -> tuple[str, int]:
    """The separator, and where the table begins: after `sep=;`, which Excel writes and obeys."""
    declared = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if declared:
        return declared[1], declared.end()
    heading = _first_row(text[:_SNIFFED_CHARACTERS])
    return max(SEPARATORS, key=lambda mark: (heading.count(mark), mark == ",")), 0


def _first_row(text: str) -> str:
    """The first row that says something, without what stands in quotes."""
    unquoted = re.sub(r'"[^"]*"', "", text)
    return next((line for line in unquoted.splitlines() if line.strip()), "")


# XLSX

_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# What a workbook of one sheet consists of beside that sheet.
_BOOK: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="Sheet" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}">'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}


def _sheet(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The sheet itself, a row at a time; an empty cell is none."""
    yield f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode()
    for number, row in enumerate(rows, start=1):
        cells = [
            f'<c r="{letters}{number}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>' if text else ""
            for letters, text in zip(_LETTERS, _in_xml(row), strict=False)
        ]
        yield f'<row r="{number}">{"".join(cells)}</row>'.encode()
    yield b"</sheetData></worksheet>"


def _in_xml(row: Sequence[str]) -> list[str]:
    """The cells as they stand in the sheet; most rows have nothing in them that must be written otherwise."""
    together = "".join(row)
    if len(together) <= _MOST_CELL_CHARACTERS and not _UNLIKE_XML.search(together):
        return neutral_row(row)
    return [escape(neutral(plain(cell)[:_MOST_CELL_CHARACTERS])) for cell in row]


def _xlsx(file: BinaryIO) -> Iterator[Line]:
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED_BYTES:
                raise Unreadable(Trouble.UNPACKED)
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that it leaves out
            book: Any = excel.load_workbook(file, read_only=True, data_only=False, keep_links=False)  # type: ignore[no-untyped-call]
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size need not be true
            for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True), start=1):
                if number > MOST_SHEET_ROWS:
                    raise Unreadable(Trouble.ROWS, number)
                cells = [_cell(_written(value)) for value in row]
                while cells and not cells[-1]:
                    cells.pop()
                yield Line(number, tuple(cells))
        finally:
            book.close()
    except Unreadable:
        raise
    except (
        zipfile.BadZipFile,
        exceptions.InvalidFileException,
        SyntaxError,
        ValueError,
        KeyError,
        IndexError,
        OSError,
    ) as error:
        raise Unreadable(Trouble.DAMAGED) from error


def _written(value: object) -> str:
    """A cell's value as somebody would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)

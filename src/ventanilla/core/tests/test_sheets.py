"""Tables from elsewhere: charsets, separators, limits, and what no spreadsheet may obey."""

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from ventanilla.core.sheets import (
    Line,
    Trouble,
    Unreadable,
    csv_lines,
    is_broken,
    is_formula,
    neutral,
    plain,
    read_table,
    write_xlsx,
)

pytestmark = pytest.mark.pure


def read(data: bytes, most_rows: int = 100) -> list[Line]:
    return list(read_table(io.BytesIO(data), most_rows=most_rows))


def book(*rows: list[object]) -> bytes:
    made, out = Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)
    made.save(out)
    return out.getvalue()


WANTED = [Line(1, ("Correo", "Nombre")), Line(2, ("ana@x.example", "Ana Muñoz"))]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_charsets_and_separators_are_found_out(charset: str, separator: str, end: str):
    text = f"Correo{separator}Nombre{end}ana@x.example{separator}Ana Muñoz{end}"
    assert read(text.encode(charset)) == WANTED


def test_excels_own_mark_names_the_separator_and_counts_as_a_line():
    assert [line.number for line in read(b"sep=;\r\na;b,c\r\n1;2,3\r\n")] == [2, 3]
    assert read(b"sep=;\r\na;b,c\r\n")[0].cells == ("a", "b,c")


def test_lines_are_numbered_as_an_editor_numbers_them():
    found = read(b'a,b\n\n"two\nlines",x\n,,\nlast,y\n')
    assert [(line.number, line.cells[0]) for line in found] == [(1, "a"), (3, "two\nlines"), (6, "last")]


def test_broken_bytes_stay_in_their_line():
    found = read("a;b\nMuñoz;1\n".encode() + b"Mu\xf1oz;2\nfine;3\nlost \xef\xbf\xbd;4\nnul\0;5\n")
    assert [line.number for line in found if any(map(is_broken, line.cells))] == [3, 5, 6]
    assert plain(found[2].cells[0]) == "Mu\N{REPLACEMENT CHARACTER}oz"
    assert is_broken(read(b"a\n\x81\xf1\n")[1].cells[0]), "not even Windows-1252"


@pytest.mark.parametrize(
    ("data", "trouble", "line"),
    [
        (b"", Trouble.EMPTY, 0),
        (b"\n\n;;\n", Trouble.EMPTY, 0),
        (b'a,b\n1,2\n"open,3\n4,5\n', Trouble.QUOTES, 3),
        (b'a,b\n"x"y,2\n', Trouble.QUOTES, 2),
        (b"a\n1\n2\n3\n4\n", Trouble.ROWS, 5),
        (b"a\n" + b"," * 60 + b"\n", Trouble.COLUMNS, 2),
        (b"PK\x03\x04nonsense", Trouble.DAMAGED, 0),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Trouble.OLD_EXCEL, 0),
    ],
)
def test_what_is_no_table_says_where(data: bytes, trouble: Trouble, line: int):
    with pytest.raises(Unreadable) as raised:
        read(data, most_rows=3)
    assert (raised.value.trouble, raised.value.line) == (trouble, line)


def test_a_sheet_is_read_as_it_would_be_typed():
    found = read(book(["Correo", "Nº", "Fórmula", "Sí"], [], ["a@x.example", 948555123.0, "=1+1", True, None]))
    assert found == [
        Line(1, ("Correo", "Nº", "Fórmula", "Sí")),
        Line(3, ("a@x.example", "948555123", "=1+1", "1")),
    ]
    with pytest.raises(Unreadable) as raised:
        read(book(*[[n] for n in range(6)]), most_rows=3)
    assert raised.value.trouble == Trouble.ROWS


def test_a_sheet_that_is_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ventanilla.core.sheets.MOST_UNPACKED_BYTES", 100_000)
    with pytest.raises(Unreadable) as raised:
        read(book(["x" * 30_000 for _ in range(5)]))
    assert raised.value.trouble == Trouble.UNPACKED
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(["a"]))) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            laughs = b'<!DOCTYPE l [<!ENTITY a "ha">]>'
            data = old.read(entry)
            new.writestr(entry, laughs + b"<x>&a;</x>" if "sheet1" in entry.filename else data)
    with pytest.raises(Unreadable) as raised:
        read(out.getvalue())
    assert raised.value.trouble == Trouble.DAMAGED


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "\t=1", "\r=1"])
def test_formulas_are_told_and_neutralized(cell: str):
    assert is_formula(cell)
    assert neutral(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["+34 948 555 123", "-5", "(0)12", "Ana", "", "-"])
def test_numbers_are_no_formulas(cell: str):
    assert not is_formula(cell)
    assert neutral(cell) == cell


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n") | st.sampled_from("'=+-@\t;")).map(str.strip)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4)))
def test_what_is_written_holds_no_formula_and_reads_back(rows: list[list[str]]):
    data = b"".join(csv_lines([["head", "row"], *rows], separator=";"))
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"):
        assert not any(map(is_formula, row))
    assert [list(line.cells) for line in read(data, most_rows=len(rows))][1:] == [row for row in rows if any(row)]


@given(st.lists(st.lists(CELLS | st.sampled_from(["a & b", "<t>", "]]>", "\ufffe", "\ud800"]), min_size=1, max_size=4)))
def test_what_is_written_into_a_sheet_holds_no_formula_and_reads_back(rows: list[list[str]]):
    file = io.BytesIO()
    write_xlsx([["head", "row"], *rows], file)
    sheet = load_workbook(file).active
    assert not any(is_formula(str(cell)) for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    shown = [[plain(cell) for cell in row] for row in rows if any(row)]
    found = [list(line.cells) for line in read(file.getvalue(), most_rows=len(rows))][1:]
    assert found == [row[: len(row) - next(n for n, cell in enumerate(reversed(row)) if cell)] for row in shown]


def test_a_sheet_has_as_many_columns_as_a_list_may_have():
    file, row = io.BytesIO(), [f"column {n}" for n in range(200)]
    write_xlsx([row], file)
    sheet = load_workbook(file).active
    assert (sheet.dimensions, list(sheet.values)) == ("A1:GR1", [tuple(row)])

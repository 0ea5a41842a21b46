"""Sheets are read for certain or refused, and written so that they read back as they were."""

from __future__ import annotations

import csv
import io
import tracemalloc
from decimal import Decimal

import pytest

from entrepot.infra.sheets import (
    Column,
    Glanced,
    ImportOptions,
    Kind,
    Row,
    Sheet,
    SheetForm,
    SheetWriter,
    Unique,
    glance_at,
    open_sheet,
    template_of,
)
from entrepot.infra.sheets.records import RECORD_LENGTH_MAX
from entrepot.infra.sheets.values import marks_of
from entrepot.infra.sheets.writing import defused, plain_of
from entrepot.kernel.refusal import Refusal

KIND = Kind(
    "things",
    (
        Column("sku", synonyms=("artikelnummer",), is_needed=True),
        Column("name", synonyms=("naam",)),
        Column("price", "number", ("prijs",)),
        Column("vat", "percentage", ("btw",)),
        Column("pieces", "whole"),
        Column("good", "flag"),
        Column("shown", is_read=False),
    ),
    (Unique(("sku",), when="sku"),),
)

FORMULAS = [
    *("=1+1", "=SUM(A1:A9)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")', "==", "="),
    *("+1+1", "+cmd|' /C calc'!A0", "++", "+31 20 123", "+", "+A1"),
    *("-1+1", "-2+3+cmd|' /C calc'!A0", "--", "-A1", "-", "-5 kg"),
    *("@SUM(1+1)", "@import", "@", "@@", "@A1", "@x y"),
    *("\t=1+1", "\tx", "\t", "\t@a", "\t'", "\r=1+1", "\rx", "\r"),
    *("'=1", "''=1", "'''@x", "'-", "'\t=1", "'+1", "''", "'\r="),
]


def opened(content: str | bytes, **options: object) -> Sheet:
    content = content.encode() if isinstance(content, str) else content
    sheet = open_sheet(io.BytesIO(content), KIND, ImportOptions(**options))  # type: ignore[arg-type] # any option of theirs
    assert isinstance(sheet, Sheet), sheet
    return sheet


def rows(content: str | bytes, **options: object) -> list[Row]:
    return [row for chunk in opened(content, **options).chunks(2) for row in chunk]


def refusal(content: str | bytes, **options: object) -> Refusal:
    content = content.encode() if isinstance(content, str) else content
    answer = open_sheet(io.BytesIO(content), KIND, ImportOptions(**options))  # type: ignore[arg-type] # as above
    assert isinstance(answer, Refusal)
    return answer


@pytest.mark.parametrize(
    ("encoding", "recognised"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "windows-1252"),
    ],
)
def test_encodings_are_recognised(encoding: str, recognised: str) -> None:
    sheet = opened("sku,name\r\nA,Café crème €5\r\n".encode(encoding))
    ((row,),) = sheet.chunks(10)
    assert (sheet.encoding, row.values["name"]) == (recognised, "Café crème €5")


def test_utf_16_of_the_other_end_is_recognised() -> None:
    content = b"\xfe\xff" + "sku,name\nA,é\n".encode("utf-16-be")
    assert rows(content)[0].values["name"] == "é"


@pytest.mark.parametrize(
    "content",
    [
        "sku,name\nA,é\n".encode("utf-16-le"),
        "sku,name\nA,é\n".encode("utf-32"),
        "sku,name\nA,crème brûlée\n".encode("cp850"),
        "sku,name\nA,crème brûlée\n".encode("mac-roman"),
        b"sku,name\nA,\x81\n",
        b"sku,name\nA,\xe9\0\n",
        b"\xef\xbb\xbfsku,name\nA,\xe9\n",
        b"PK\x03\x04" + bytes(200),
    ],
)
def test_other_encodings_are_refused_with_what_to_do(content: bytes) -> None:
    answer = refusal(content)
    assert answer.code == "import.encoding_not_recognised"
    assert "Save it as CSV in UTF-8" in answer.faults[0].message


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_recognised_by_the_header(delimiter: str) -> None:
    line = delimiter.join(["A", '"x, y; z\r\nand more"', "3"])
    (row,) = rows(delimiter.join(["sku", "naam", "pieces"]) + "\r\n" + line)
    assert row.values == {"sku": "A", "name": "x, y; z\r\nand more", "pieces": 3}


def test_a_line_that_names_the_delimiter_is_read_over() -> None:
    assert [row.number for row in rows("sep=;\r\nsku;name, long\r\nA;x", ignore_unknown=True)] == [
        2
    ]


def test_broken_rows_spoil_no_other() -> None:
    found = rows(
        "sku,name\n"
        'A,"never closed\n'
        "B,b\n"
        "C\n"
        "D,d,d\n"
        'E,"e"e\n'
        f"F,{'f' * RECORD_LENGTH_MAX}\n"
        "G,\0\n"
        "\n"
        ",,\n"
        "J,j,\n"
    )
    assert [(row.number, [fault.code for fault in row.faults]) for row in found] == [
        (2, ["import.row_not_readable"]),
        (3, []),
        (4, ["import.row_not_readable"]),
        (5, ["import.row_not_readable"]),
        (6, ["import.row_not_readable"]),
        (7, ["import.row_not_readable"]),
        (8, ["import.row_not_readable"]),
        (11, []),
    ]
    assert [row.values["sku"] for row in found if not row.faults] == ["B", "J"]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("1.234,56", "comma"),
        ("12,5", "comma"),
        ("0,125", "comma"),
        ("1.234.567", "comma"),
        ("-1,5", "comma"),
        ("€ 12,50", "comma"),
        ("1,234.56", "point"),
        ("12.5", "point"),
        ("0.125", "point"),
        ("1,234,567", "point"),
        ("1.234", "either"),
        ("1,234", "either"),
        ("12", None),
        ("1.2.3", None),
        ("1,23,4", None),
        ("x,y", None),
        ("1.2e5", None),
    ],
)
def test_what_a_number_proves(text: str, mark: str | None) -> None:
    assert marks_of(text) == mark


def test_the_decimal_mark_is_decided_once_for_the_file() -> None:
    found = rows('sku,price\nA,"1.234"\nB,"1.234,5"\nC,"€ 7"\nD,"1 250,25"')
    assert [row.values["price"] for row in found] == [
        Decimal(1234),
        Decimal("1234.5"),
        Decimal(7),
        Decimal("1250.25"),
    ]
    pointed = rows("sku;price\nA;1.234\nB;0.5")
    assert [row.values["price"] for row in pointed] == [Decimal("1.234"), Decimal("0.5")]


def test_a_file_that_contradicts_itself_is_refused_by_its_rows() -> None:
    answer = refusal("sku;price\nA;1\nB;1.25\nC;1,25")
    assert answer.code == "import.decimals_contradict"
    assert answer.faults[0].facts == {"comma_row": 4, "point_row": 3}
    found = rows("sku;price\nA;1\nB;1.25\nC;1,25", decimal="comma")
    assert [len(row.faults) for row in found] == [0, 1, 0]


def test_a_file_that_may_be_read_in_two_ways_is_refused() -> None:
    assert refusal("sku;price\nA;1.234").code == "import.decimals_unclear"
    assert rows("sku;price\nA;1.234", decimal="comma")[0].values["price"] == Decimal(1234)
    assert rows("sku;price\nA;1.234", decimal="point")[0].values["price"] == Decimal("1.234")


def test_values_are_read_or_named() -> None:
    (good, bad) = rows(
        "sku;price;vat;pieces;good\n A ;-5;21 %;12;JA\nB;five;x;1.5;maybe", decimal="point"
    )
    assert good.values == {
        "sku": "A",
        "price": Decimal(-5),
        "vat": Decimal(21),
        "pieces": 12,
        "good": True,
    }
    assert [fault.field for fault in bad.faults] == ["price", "vat", "pieces", "good"]
    assert {fault.code for fault in bad.faults} == {"import.value_not_valid"}


def test_a_repeated_row_is_named_with_the_first() -> None:
    lines = ["sku,name", *[f"S{n},x" for n in range(1000)], "S7,again", "s7,other"]
    found = rows("\n".join(lines))
    assert [(row.number, row.faults[0].facts) for row in found if row.faults] == [
        (1002, {"row": 9})
    ]


def test_too_many_rows_are_refused() -> None:
    answer = refusal("sku\nA\nB\nC", rows_max=2)
    assert answer.code == "import.too_many_rows"
    assert len(rows("sku\nA\nB", rows_max=2)) == 2


def test_columns_that_are_only_shown_and_errors_are_read_over() -> None:
    sheet = opened("sku,Shown,ERROR\nA,x,import.value_not_valid: no")
    assert sheet.columns == {"sku"}
    assert sheet.mapped.ignored == ("Shown",)


def test_forty_formulas_go_out_as_text_and_come_in_as_they_were() -> None:
    assert len(FORMULAS) == 40
    writer = SheetWriter(SheetForm(";"))
    content = writer.write([["sku", "naam", "prijs"]])
    content += writer.write([[f"S{n}", text, "-5"] for n, text in enumerate(FORMULAS)], [0, 1])
    cells = list(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=";"))[1:]
    assert len(cells) == 40
    assert all(cell[1][0] not in "=+-@\t\r" for cell in cells)
    assert {cell[2] for cell in cells} == {"-5"}
    found = rows(content)
    assert [row.values["name"] for row in found] == FORMULAS
    assert {row.values["price"] for row in found} == {Decimal(-5)}


@pytest.mark.parametrize("text", [*FORMULAS, "plain", "'quoted'", "o'clock", "a=b", "5-2"])
def test_what_is_defused_reads_back(text: str) -> None:
    assert plain_of(defused(text)) == text


def test_numbers_get_a_decimal_comma_where_it_is_asked_for_and_texts_none() -> None:
    writer = SheetWriter(SheetForm(";", decimal_mark="comma"))
    row = ["1.5", "-19.251", "2.5", "2026-W12", None, "7", "a.b"]
    assert writer.write([row], (0,)) == b"1.5;-19,251;2,5;2026-W12;;7;a.b\r\n"
    assert SheetWriter(SheetForm()).write([row]) == b"1.5,-19.251,2.5,2026-W12,,7,a.b\r\n"


def test_a_template_has_what_is_read() -> None:
    assert template_of(KIND, SheetForm()) == b"sku,name,price,vat,pieces,good\r\n"


def test_a_large_file_is_read_in_flat_memory(full_size: bool) -> None:  # noqa: FBT001 - fixtures come in so
    count = 400_000 if full_size else 15_000
    content = io.BytesIO()
    content.write(b"sku,name,price\n")
    content.writelines(b"S%d,Some name of a thing,%d.25\n" % (n, n) for n in range(count))
    tracemalloc.start()
    try:
        sheet = open_sheet(content, KIND, ImportOptions())
        assert isinstance(sheet, Sheet)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        assert sum(len(chunk) for chunk in sheet.chunks(1000)) == count
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_a_glance_says_what_each_column_may_be() -> None:
    content = b"Artikelnummer;Schap;shown;error\nA;B1;x;bad\n;B2;y;worse\nC\n"
    glanced = glance_at(io.BytesIO(content), KIND, 2)
    assert glanced == (
        Glanced("Artikelnummer", ("A", ""), "sku"),
        Glanced("Schap", ("B1", "B2"), ""),
        Glanced("shown", ("x", "y"), ""),
    )


def test_a_glance_reads_past_a_line_that_names_the_delimiter() -> None:
    glanced = glance_at(io.BytesIO(b"sep=|\nsku|naam\nA|b\n"), KIND, 3)
    assert glanced == (Glanced("sku", ("A",), "sku"), Glanced("naam", ("b",), "name"))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\x01" * 40])
def test_what_is_no_sheet_cannot_be_glanced_at(content: bytes) -> None:
    assert isinstance(glance_at(io.BytesIO(content), KIND, 3), Refusal)


def test_a_column_that_is_known_can_be_read_over() -> None:
    sheet = opened("sku,naam\nA,b\n", map={"naam": ""})
    assert sheet.columns == {"sku"}
    assert sheet.mapped.ignored == ("naam",)

"""Sheets by the command line: options, files and exit codes, with every mistake made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.cli import CommandLine


@pytest.fixture
def entrepot(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    command = CommandLine(database, tmp_path / "data", monkeypatch, capsys)
    command.done("organisation", "create", "shop")
    command.done("location", "create", "shop", "main")
    return command


def write(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_files_go_in_by_a_mapping_and_come_out(entrepot: CommandLine, tmp_path: Path) -> None:
    products = write(tmp_path / "p.csv", "Our code,Called,Colour", "A,=Ale,red", "B,,blue")
    mapping = write(tmp_path / "map.txt", "# ours", "Our code = sku", "Called=name")
    failed = tmp_path / "bad.csv"
    words = ("import", "products", products, "--organisation", "shop", "--map-file", mapping)
    ended = entrepot(*words, "--map", "Colour=unit", "--failed", str(failed), "--json")
    assert ended.code == 6, ended.err
    report = ended.json
    assert (report["created"], report["failed"], report["failed_file"]) == (1, 1, str(failed))
    assert failed.read_text("utf-8-sig").splitlines()[0] == "Our code,Called,Colour,error"

    out = tmp_path / "out.csv"
    done = entrepot.done("export", "products", "--organisation", "shop", "-o", str(out))
    assert done == {"file": str(out), "rows": 1}
    assert out.read_text("utf-8").splitlines()[1].startswith("A,'=Ale,'=Ale,,red,wholesale")
    again = entrepot.done("import", "products", str(out), "--organisation", "shop")
    assert (again["unchanged"], again["failed_file"]) == (1, None)
    assert sorted(path.name for path in tmp_path.glob("*.csv*")) == ["bad.csv", "out.csv", "p.csv"]


def test_a_dry_run_writes_no_goods(entrepot: CommandLine, tmp_path: Path) -> None:
    products = write(tmp_path / "p.csv", "sku,name", "A,Ale")
    words = ("import", "products", products, "--organisation", "shop")
    ended = entrepot(*words, "--dry-run")
    assert (ended.code, ended.out) == (
        0,
        "1 row: 1 created, 0 changed, 0 unchanged, 0 failed. Nothing was written.\n",
    )
    assert entrepot.done("variant", "list", "shop")["variants"] == []


def test_suppliers_and_stock(entrepot: CommandLine, tmp_path: Path) -> None:
    suppliers = write(tmp_path / "s.csv", "naam", "Molen")
    assert entrepot.done("import", "suppliers", suppliers, "--organisation", "shop")["created"] == 1
    products = write(tmp_path / "p.csv", "sku;naam;leverancier", "A;Ale;molen")
    assert entrepot.done("import", "products", products, "--organisation", "shop")["created"] == 1
    stock = write(tmp_path / "c.csv", "sku,location,receive", "A,main,5")
    assert entrepot.done("import", "stock", stock, "--organisation", "shop")["created"] == 1
    assert entrepot.done("import", "stock", stock, "--organisation", "shop")["unchanged"] == 1
    shown = entrepot("export", "stock", "--organisation", "shop", "--delimiter", "tab")
    assert shown.out.split("\r\n")[1] == "A\tAle\tmain\t5\t1\t0\t0\t5"
    shown = entrepot("export", "suppliers", "--organisation", "shop", "--bom")
    assert shown.out.startswith("\ufeffname,email,")


def test_templates_can_be_imported(entrepot: CommandLine, tmp_path: Path) -> None:
    for kind in ("products", "suppliers", "stock"):
        ended = entrepot("import", kind, "--template")
        assert ended.code == 0
        file = tmp_path / f"{kind}.csv"
        file.write_text(ended.out, encoding="utf-8")
        assert entrepot.done("import", kind, str(file), "--organisation", "shop")["rows"] == 0


def test_mistakes_are_told_by_their_exit_codes(entrepot: CommandLine, tmp_path: Path) -> None:
    good = write(tmp_path / "p.csv", "sku,name", "A,Ale")
    odd = write(tmp_path / "odd.csv", "sku,name,size", "A,Ale,1")
    notes = tmp_path / "notes.txt"
    notes.write_bytes(b"\xe9=sku")
    mistakes = [
        (("import", "products"), 2, "Name a FILE"),
        (("import", "products", good), 2, "--organisation"),
        (
            ("import", "products", str(tmp_path / "none.csv"), "--organisation", "shop"),
            2,
            "none.csv",
        ),
        (("import", "products", good, "--organisation", "shop", "--map", "sku"), 2, "COLUMN=FIELD"),
        (
            ("import", "products", good, "--organisation", "shop", "--map-file", str(notes)),
            2,
            "is not UTF-8",
        ),
        (
            ("import", "products", good, "--organisation", "shop", "--failed", "/none/x.csv"),
            2,
            "cannot be written",
        ),
        (("import", "products", good, "--organisation", "nobody"), 3, "unknown_organisation"),
        (("import", "products", odd, "--organisation", "shop"), 4, "(import.column_unknown)"),
        (("export", "stock", "--organisation", "shop", "--json"), 2, "--output"),
        (
            ("export", "stock", "--organisation", "shop", "-o", "/none/x.csv"),
            2,
            "cannot be written",
        ),
        (("export", "stock", "--organisation", "nobody"), 3, "unknown_organisation"),
    ]
    for words, code, says in mistakes:
        ended = entrepot(*words)
        assert ended.code == code, (words, ended)
        assert says in " ".join(ended.err.split()), (words, ended.err)
    assert entrepot.done("variant", "list", "shop")["variants"] == []

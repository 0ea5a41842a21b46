"""What README and the pages tell a newcomer to type works, in the order in which it stands."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.factories.demo import Made
from tests.factories.served import environ_of, served

BASH = shutil.which("bash") or "/bin/bash"
ROOT = Path(__file__).parents[2]
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
README_ANSWER = re.compile(
    r"^```json\n\{\"status\": (\d+), \"code\": \"(.*?)\",\n \"detail\": \"(.*?)\"", re.MULTILINE
)

MOVED = ("transferred", "reversed", "net", "unit_price", "amount")


def typed(page: str, address: str) -> str:
    """Everything that a page has the reader type, but for starting it, as one script."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = [block for block in SHELL.findall(text) if not block.startswith("make ")]
    assert blocks, f"{page} has the reader type nothing"
    # An answer ends without a new line, which a reader sees and a program would stumble over.
    script = "set -eu\n" + "\necho\n".join(blocks)
    script = script.replace(".venv/bin/entrepot", "entrepot")
    return script.replace("http://127.0.0.1:8000", address)


class Running:
    """A server that `entrepot run` started, and its environment."""

    def __init__(self, environ: dict[str, str], shown: list[str]) -> None:
        self.environ = environ
        self.shown = shown
        (line,) = [line for line in shown if line.startswith("Entrepot is at ")]
        self.address = line.removeprefix("Entrepot is at ")

    def type(self, script: str) -> str:
        """What a shell prints when this is typed."""
        done = subprocess.run(
            [BASH, "-c", script], env=self.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def run(made: Made, data_dir: Path) -> Iterator[Running]:
    """A server with the demo network, as a newcomer has it once `entrepot run` has made one."""
    with made.copied(data_dir) as demo:
        environ = environ_of(demo.database, demo.data_dir)
        with served(environ) as process:
            yield Running(environ, process.read_until("-d '{"))


@pytest.fixture
def running(made: Made, tmp_path: Path) -> Iterator[Running]:
    """A server of this test's own."""
    with run(made, tmp_path / "demo") as server:
        yield server


@pytest.fixture(scope="module")
def shared(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for pages that have nothing in common: each is about organisations of its own."""
    with run(made, tmp_path_factory.mktemp("shared") / "demo") as server:
        yield server


def answers(out: str) -> list[Any]:
    """The JSON documents that curl printed, one a line."""
    return [msgspec.json.decode(line) for line in out.splitlines() if line.startswith("{")]


def test_the_carrots_of_the_readme(running: Running) -> None:
    script = typed("README.md", running.address)
    ali, paul, david, michael, rest, of_a, of_b, positions, holds = answers(running.type(script))
    assert [each["lines"][0]["held"] for each in (ali, paul, david)] == ["1", "5", "3"]
    assert [each["status"] for each in (ali, paul, david, rest)] == ["held"] * 4
    promised = README_ANSWER.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert promised is not None, "README says how Michael is answered"
    status, code, detail = promised.groups()
    assert (michael["status"], michael["code"], michael["detail"]) == (int(status), code, detail)
    assert michael["faults"][0]["facts"]["available"] == "1"
    assert [each["reference"] for each in of_a["data"]] == ["paul", "ali"]
    assert [each["reference"] for each in of_b["data"]] == ["michael", "david"]
    figures = {each["variant"]: each for each in positions["data"]}
    carrots = figures[ali["lines"][0]["variant"]]
    assert (carrots["on_hand"], carrots["held"], carrots["available"]) == ("10", "10", "0")
    assert sorted(each["quantity"] for each in holds["data"]) == ["1", "1", "3", "5"]
    again = running.type(script.partition("\norder ")[0] + '\norder "$HUB_A" ali 1\n')
    assert answers(again) == [ali]


def test_the_first_order_that_run_prints(shared: Running) -> None:
    command = "\n".join(shared.shown).partition("through hub-a:\n")[2]
    (order,) = answers(shared.type(command + "\necho"))
    assert (order["reference"], order["status"]) == ("ali", "held")


def test_a_network_of_ones_own(shared: Running) -> None:
    out = shared.type(typed("docs/start.md", shared.address))
    (order,) = [each for each in answers(out) if "reference" in each]
    assert (order["status"], order["lines"][0]["held"]) == ("held", "2.5")
    assert out.splitlines()[-1].split() == ["PEARS", "shed", "39.5", "2.5", "37", "3"]


def test_from_invitation_to_settled_week(shared: Running) -> None:
    """Each number that the guide explains is the one that is answered."""
    out = shared.type(typed("docs/guides/consign.md", shared.address))
    shown = iter(answers(out))
    offer, matching, outcomes, by_hand, allocation, flour, yeast, partners = islice(shown, 8)
    assert (offer["sharing_policy"], offer["price_percentage"]) == ("all_stock", "90")
    assert matching["matched"] == 1
    assert {each["variant"]["sku"]: each["outcome"] for each in outcomes["data"]} == {
        "B-FLOUR": "already_matched",
        "SALT": "none",
        "YEAST": "suggested",
    }
    assert (by_hand["factor"], allocation["remaining"]) == (6, "5")
    (flour,), (yeast,), (partner,) = flour["data"], yeast["data"], partners["data"]
    names = ("own", "offered", "available_to_promise")
    assert [flour[name] for name in names] == ["3", "18", "21"]
    assert [yeast[name] for name in names] == ["0", "4", "4"]
    assert [partner[name] for name in ("pool", "buffer", "shown")] == ["20", "2", "18"]

    bread, cake, allocations, why, receipt, feast, cancelled, back, mill = islice(shown, 9)
    assert [each["status"] for each in (bread, cake, feast)] == ["complete"] * 3
    assert [each["quantity"] for each in cake["holds"]] == ["3", "4"]
    assert [each["remaining"] for each in allocations["data"]] == ["1"]
    (missing,) = why["missing"]
    assert [missing[name] for name in ("missing", "offered", "lacking")] == ["20", "14", "6"]
    assert receipt["positions"][0]["on_hand"] == "26"
    assert cancelled["status"] == "cancelled"
    assert [back["data"][0][name] for name in names] == ["3", "8", "11"]
    assert [each["on_hand"] for each in mill["data"]] == ["10", "18"]

    feed, week, lines = islice(shown, 3)
    told = {each["sku"]: each["available_to_promise"] for each in feed["data"]}
    assert (told["B-FLOUR"], told["YEAST"]) == ("11", "2")
    assert (week["state"], week["net_minor"]) == ("open", 3132)
    moved = [[each[name] for name in MOVED] for each in lines["data"]]
    assert moved == [["24", "4", "20", "1.35", "27"], ["2", "0", "2", "2.16", "4.32"]]

    inbound, order, lines, mine, theirs, disputed, notices, *acknowledged = shown
    assert (inbound["face"], order["face"]) == ("inbound", "order")
    assert inbound["net_minor"] == order["net_minor"] == 3132
    assert [[each[name] for name in MOVED] for each in lines["data"]] == moved
    assert [each["reference"] for each in mine["data"]] == ["cake", "feast", "cake"]
    assert [each["reference"] for each in theirs["data"]] == [None] * 3
    assert "1,FLOUR,FLOUR,,24,4,20,1.35,EUR,9,27,3" in out
    assert (disputed["state"], notices["data"][0]["kind"]) == ("disputed", "settlement.disputed")
    assert [each["state"] for each in acknowledged] == ["acknowledged"] * 2


def test_a_marketplace_from_order_to_refund(running: Running) -> None:
    """One order, two invoices; one refused; each seller's part; goods that leave, money back."""
    out = running.type(typed("docs/guides/marketplace.md", running.address))
    created, refused, newest, shipment, taken_back, refunded, rug = answers(out)
    placed = created["data"]["orderCreate"]
    assert placed["errors"] is None
    assert placed["order"]["totalCents"] == 22_000
    sellers = [each["seller"]["businessName"] for each in placed["order"]["invoices"]["nodes"]]
    assert sellers == ["Seller One", "Seller Two"]
    assert refused["code"] == "orders.mixed_pricing_models"
    (invoice,) = newest["data"]
    assert (invoice["status"], invoice["total"], invoice["owed"]) == ("paid", 10_000, 5_200)
    assert "order" not in invoice or invoice["order"] is None
    assert (shipment["invoice"], shipment["carrier_name"]) == (invoice["id"], "Australia Post")
    assert [each["status"] for each in (taken_back, refunded)] == ["returned", "refunded"]
    assert (rug["status"], rug["status_flags"]) == ("cancelled", ["paid", "cancelled"])

"""What the checker of recorded histories finds, told in short histories of one position or two."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from entrepot.cli import app
from entrepot.stock import Breach, BreachKind, History, Record, check_history

CARROTS = "carrots"
SHORT = "stock.insufficient_available"
DECODER = msgspec.json.Decoder[Record](Record)
runner = CliRunner()


def opening(on_hand: int, position: str = CARROTS) -> dict[str, Any]:
    return {"record": "opening", "position": position, "on_hand": str(on_hand)}


def done(
    kind: str,
    when: tuple[float, float | None],
    *parts: dict[str, Any],
    **more: Any,  # noqa: ANN401 - any field of a line
) -> dict[str, Any]:
    """A line of an operation; it is unknown how it went when no answer came."""
    invoked, completed = when
    return {
        "record": "operation",
        "client": "anna",
        "invoked": invoked,
        "completed": completed,
        "kind": kind,
        "outcome": "unknown" if completed is None else "ok",
        "parts": list(parts),
    } | more


def part(quantity: object = None, version: int | None = None, **more: object) -> dict[str, Any]:
    told = {"position": CARROTS, "version": version} | more
    if quantity is not None:
        told["quantity"] = str(quantity)
    return told


def row(
    version: int,
    kind: str,
    change: tuple[int, int],
    after: tuple[int, int],
    act: str,
    order: str | None = None,
    position: str = CARROTS,
) -> dict[str, Any]:
    return {
        "record": "ledger",
        "position": position,
        "version": version,
        "kind": kind,
        "on_hand_change": change[0],
        "held_change": change[1],
        "allocated_change": 0,
        "on_hand": after[0],
        "held": after[1],
        "allocated": 0,
        "act": act,
        "order": order,
    }


def checked(*lines: dict[str, Any]) -> list[Breach]:
    history = History([], {})
    for number, line in enumerate(lines, start=1):
        history.add(number, DECODER.decode(msgspec.json.encode(line)))
    return check_history(history)


def found(*lines: dict[str, Any]) -> list[tuple[str, tuple[int, ...]]]:
    return [(each.kind.value, each.lines) for each in checked(*lines)]


def test_a_sound_history() -> None:
    assert not found(
        opening(10),
        done("hold", (1, 2), part(4, 1), order="ali"),
        done("hold", (1, 3), part(5, 2), order="paul"),
        done("hold", (3.5, 4), part(2, 2, available="1"), outcome="refused", code=SHORT),
        done("read", (4, 5), part(None, 2, on_hand="10", held="9", available="1")),
        done("receive", (5, 6), part(3, 3, on_hand="13", held="9", allocated="0", available="4")),
        done("ship", (7, 8), part(4, 4), order="ali"),
        done("release", (7, 8), part(5, 5), order="paul"),
        done("count", (9, 10), part(8, 6, on_hand="8", held="0")),
        done("adjust", (11, 12), part(-1, 7, on_hand="7")),
        done("read", (12, 13), part(None, 7, on_hand="7", held="0", allocated="0")),
    )


def test_a_version_that_nobody_made() -> None:
    story = (opening(10), done("hold", (1, 2), part(1, 1)), done("hold", (3, 4), part(1, 3)))
    (breach,) = checked(*story)
    assert breach.kind.value == "version_missing"
    assert breach.sentence == "carrots lacks versions that nothing explains: 2."
    unanswered = done("hold", (2.5, None), part(1))
    assert not found(*story, unanswered)


def test_a_version_answered_twice() -> None:
    assert found(
        opening(10), done("hold", (1, 2), part(1, 1)), done("hold", (1, 2), part(1, 1))
    ) == [("version_twice", (2, 3))]


def test_figures_that_do_not_follow() -> None:
    assert found(
        opening(10),
        done("receive", (1, 2), part(1, 1, on_hand="12")),
        done("read", (3, 4), part(None, 1, on_hand="11", held="1")),
        done("hold", (5, 6), part(2, 1, available="1"), outcome="refused", code=SHORT),
    ) == [
        ("figures_differ", (2,)),
        ("figures_differ", (3,)),
        ("figures_differ", (4,)),
        ("refused_in_vain", (4,)),
    ]


def test_more_promised_than_there_is() -> None:
    (breach,) = checked(
        opening(10), done("hold", (1, 2), part(8, 1)), done("hold", (1, 2), part(3, 2))
    )
    assert (breach.kind.value, breach.lines) == ("oversold", (3,))
    assert breach.sentence == "Version 2 of carrots promises 1 more than is on hand."


def test_writes_against_the_clock() -> None:
    assert found(
        opening(10), done("hold", (1, 2), part(1, 2)), done("hold", (3, 4), part(1, 1))
    ) == [("out_of_order", (2, 3))]


def test_a_read_that_missed_what_was_answered() -> None:
    assert found(
        opening(10),
        done("hold", (1, 2), part(1, 1)),
        done("hold", (3, 4), part(1, 2)),
        done("read", (5, 6), part(None, 1, held="1")),
    ) == [("stale_read", (3, 4))]
    assert found(
        opening(10),
        done("hold", (1, 9), part(1, 1)),
        done("read", (2, 3), part(None, 1)),
        done("read", (4, 5), part(None, 0)),
    ) == [("stale_read", (3, 4))]


def test_a_read_of_what_nobody_had_asked_yet() -> None:
    assert found(
        opening(10), done("read", (1, 2), part(None, 1)), done("hold", (3, 4), part(1, 1))
    ) == [("early_read", (2, 3))]
    assert found(opening(10), done("read", (1, 2), part(None, 1))) == [("early_read", (2,))]


def test_a_refusal_looks_at_every_version_of_its_window() -> None:
    before = (opening(10), done("hold", (1, 2), part(9, 1)), done("release", (5, 6), part(9, 2)))
    refused = {"outcome": "refused", "code": SHORT}
    assert not found(*before, done("hold", (3, 4), part(2), **refused))
    assert not found(*before, done("hold", (5.5, 7), part(2), **refused))
    assert found(*before, done("hold", (7, 8), part(2), **refused)) == [("refused_in_vain", (4,))]
    assert found(*before, done("hold", (0, 0.5), part(2), **refused)) == [("refused_in_vain", (4,))]
    assert not found(*before, done("hold", (7, 8), part(2), **(refused | {"code": "other"})))


def test_a_refused_adjustment() -> None:
    refused = {"outcome": "refused", "code": SHORT}
    held = (opening(10), done("hold", (1, 2), part(9, 1)))
    assert not found(*held, done("adjust", (3, 4), part(-2), **refused))
    assert found(*held, done("adjust", (3, 4), part(-1), **refused)) == [("refused_in_vain", (3,))]


def test_of_several_lines_those_named_were_short() -> None:
    leeks = part(2, position="leeks")
    refused = {"outcome": "refused", "code": SHORT}
    story = (opening(1), opening(5, "leeks"))
    assert not found(*story, done("hold", (1, 2), part(2, available="1"), leeks, **refused))
    assert found(*story, done("hold", (1, 2), part(2), leeks | {"available": "1"}, **refused)) == [
        ("refused_in_vain", (3,))
    ]


def test_lines_of_one_variant_are_asked_for_together() -> None:
    lines = (part(3, 0), part(5, 0, available="3"))
    refused = {"outcome": "refused", "code": SHORT}
    assert not found(opening(6), done("hold", (1, 2), *lines, **refused))
    assert found(opening(8), done("hold", (1, 2), *lines, **refused)) == [("refused_in_vain", (2,))]


def test_sending_again_is_answered_as_before() -> None:
    first = done("hold", (1, 2), part(3, 1), order="ali", key="k")
    assert not found(opening(4), first, first | {"invoked": 3, "completed": 4})
    assert not found(opening(4), first | {"outcome": "unknown", "completed": None}, first)
    again = done("hold", (3, 4), part(3, 2), order="ali", key="k")
    assert ("retry_differs", (2, 3)) in found(opening(9), first, again)
    refused = done("hold", (3, 4), part(3), key="k", outcome="refused", code=SHORT)
    assert found(opening(4), first, refused) == [("retry_differs", (2, 3))]
    # Before the first was accepted, its twin may have been refused.
    assert found(opening(3), first, refused | {"invoked": 1.5}) == []


def test_a_write_that_went_unanswered_is_in_the_ledger_once_or_nowhere() -> None:
    asked = done("hold", (1, None), part(3), order="ali")
    once = row(1, "hold", (0, 3), (10, 3), "a", "ali")
    twice = row(2, "hold", (0, 3), (10, 6), "b", "ali")
    read = done("read", (8, 9), part(None, 1, held="3"))
    assert not found(opening(10), asked, once, read)
    assert found(opening(10), asked, once, twice) == [("unasked", (2,))]
    assert not found(
        opening(10),
        asked,
        done("receive", (1, 2), part(1, 1)),
        row(1, "receive", (1, 0), (11, 0), "r"),
    )


def test_an_answered_write_is_in_the_ledger() -> None:
    hold = row(1, "hold", (0, 3), (10, 3), "a", "ali")
    answered = done("hold", (1, 2), part(3, 1), order="ali")
    cancelled = done("release", (3, 4), part(3), order="ali")
    given_back = row(2, "release", (0, -3), (10, 0), "b", "ali")
    assert not found(opening(10), answered, cancelled, hold, given_back)
    assert found(opening(10), answered, cancelled, hold) == [("lost", (3,))]
    assert found(opening(10), answered, hold, given_back) == [("unasked", ())]
    # A version learnt from the ledger counts against the clock as well.
    early = cancelled | {"invoked": 3, "completed": 4}
    seen = done("read", (1.5, 2), part(None, 2, held="0"))
    assert found(opening(10), answered, early, seen, hold, given_back) == [("early_read", (4, 3))]


def test_the_ledger_disagrees_with_an_answer() -> None:
    answered = done("hold", (1, 2), part(3, 1), order="ali")
    other = done("hold", (1, 2), part(2, 2), order="paul")
    rows = (
        row(1, "hold", (0, 2), (10, 2), "b", "paul"),
        row(2, "hold", (0, 3), (10, 5), "a", "ali"),
    )
    assert found(opening(10), answered, other, *rows) == [
        ("figures_differ", (2,)),
        ("figures_differ", (3,)),
    ]
    assert [kind for kind, _ in found(opening(10), answered)] == []
    nothing = row(1, "receive", (1, 0), (1, 0), "r", None, "leeks")
    assert ("lost", (2,)) in found(opening(10), answered, nothing)


def test_the_ledger_disagrees_with_itself() -> None:
    expired = row(1, "expire", (0, -1), (10, 0), "x", "old")
    lame = row(3, "expire", (0, -1), (10, 1), "x", "old")
    start = opening(10) | {"held": "2", "version": 0}
    kinds = [kind for kind, _ in found(start, expired | {"held": 1}, expired | {"held": 1})]
    assert kinds == ["version_twice"]
    assert [kind for kind, _ in found(start, expired)] == ["figures_differ"]
    assert [kind for kind, _ in found(start, expired | {"held": 1}, lame)] == ["version_missing"]


def test_the_lines_of_an_order_share_one_act() -> None:
    leeks = part(2, 1, position="leeks")
    order = done("hold", (1, 2), part(3, 1), leeks, order="ali")
    one = row(1, "hold", (0, 3), (10, 3), "a", "ali")
    other = row(1, "hold", (0, 2), (10, 2), "a", "ali", "leeks")
    story = (opening(10), opening(10, "leeks"), order)
    assert not found(*story, one, other)
    assert found(*story, one, other | {"act": "b"}) == [("torn", (3,))]
    unanswered = order | {"outcome": "unknown", "completed": None}
    assert not found(*story[:2], unanswered, one, other)
    assert found(*story[:2], unanswered, one) == [("torn", (3,))]
    more = row(2, "hold", (0, 1), (10, 4), "a", "ali")
    assert found(*story, one, other, more) == [("torn", (3,))]


def test_a_count_gives_up_holds_of_others() -> None:
    assert not found(
        opening(10),
        done("hold", (1, 2), part(8, 1), order="ali"),
        done("count", (3, 4), part(5, 3, on_hand="5", held="5")),
        row(1, "hold", (0, 8), (10, 8), "a", "ali"),
        row(2, "release", (0, -3), (10, 5), "c", "ali"),
        row(3, "count", (-5, 0), (5, 5), "c"),
    )


def test_the_examples_of_the_guide_are_lines_of_a_history() -> None:
    page = (Path(__file__).parents[3] / "docs/guides/check-history.md").read_text("utf-8")
    examples = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(examples) == 3
    records = [DECODER.decode(each) for each in examples]
    assert msgspec.json.encode(records[1]).startswith(b'{"record":"operation"')


def test_the_guide_tells_every_kind_of_breach() -> None:
    page = (Path(__file__).parents[3] / "docs/guides/check-history.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page.partition("## What is checked")[2], re.MULTILINE) == [
        each.value for each in BreachKind
    ]


def made_up(size: int, seed: int) -> Iterable[dict[str, Any]]:
    """A sound history of 16 clients, one after the other but for overlaps in time."""
    dice = random.Random(seed)
    figures = {f"p{each}": [100, 0, 0] for each in range(8)}
    for position in figures:
        yield opening(100, position)
    clock = count(1)
    for _ in range(size):
        position = dice.choice(list(figures))
        on_hand, held, version = figures[position]
        now = next(clock)
        when = (now - dice.random() * 30, now + dice.random() * 30)
        quantity = dice.randint(1, 30)
        kind = dice.choice(["hold", "hold", "release", "read"])
        told = {"position": position, "version": version}
        if kind == "read":
            yield done(kind, when, told | {"on_hand": on_hand, "held": held})
        elif kind == "release" and held:
            figures[position][1:] = 0, version + 1
            yield done(kind, when, told | {"quantity": held, "version": version + 1})
        elif quantity <= on_hand - held:
            figures[position][1:] = held + quantity, version + 1
            yield done("hold", when, told | {"quantity": quantity, "version": version + 1})
        else:
            short = told | {"quantity": quantity, "available": on_hand - held}
            yield done("hold", when, short, outcome="refused", code=SHORT)


def test_a_day_of_24_000_operations_is_checked_in_a_moment() -> None:
    history = History([], {})
    for number, line in enumerate(made_up(24_000, 7), start=1):
        history.add(number, DECODER.decode(msgspec.json.encode(line)))
    started = time.process_time()
    assert not check_history(history)
    assert time.process_time() - started < 2


class TestCommand:
    """The command as an operator types it."""

    @pytest.fixture
    def sound(self, tmp_path: Path) -> Path:
        return self.written(tmp_path / "sound.jsonl", *made_up(200, 3))

    @staticmethod
    def written(path: Path, *lines: dict[str, Any]) -> Path:
        path.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines) + b"\n\n")
        return path

    def test_all_is_well(self, sound: Path) -> None:
        ended = runner.invoke(app, ["check-history", str(sound)])
        assert (ended.exit_code, ended.stdout) == (0, "")
        assert ended.stderr == "Checked 200 operations, 8 positions: all is well.\n"

    def test_a_breach_is_a_sentence_and_exit_code_6(self, tmp_path: Path) -> None:
        path = self.written(tmp_path / "h", opening(1), done("hold", (1, 2), part(2, 1)))
        ended = runner.invoke(app, ["check-history", str(path)])
        assert ended.exit_code == 6
        says = "oversold: Version 1 of carrots promises 1 more than is on hand. [lines 2]\n"
        assert ended.stdout == says
        assert ended.stderr.endswith("1 operations, 1 positions: 1 oversold.\n")

    def test_json_and_a_ledger_in_a_file_of_its_own(self, tmp_path: Path) -> None:
        path = self.written(tmp_path / "h", opening(5), done("release", (1, 2), part(2)))
        rows = self.written(tmp_path / "l", row(1, "expire", (0, 0), (5, 0), "a"))
        ended = runner.invoke(app, ["check-history", str(path), "--ledger", str(rows), "--json"])
        assert ended.exit_code == 6
        report = msgspec.json.decode(ended.stdout)
        assert report["kinds"] == {"lost": 1}
        assert report["breaches"][0]["lines"] == [2]
        assert Decimal(report["operations"]) == 1

    def test_long_files_say_how_far_they_are(
        self, sound: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("entrepot.cli.check_history.LINES_A_REPORT", 100)
        ended = runner.invoke(app, ["check-history", str(sound)])
        assert "Read 200 lines ...\nChecking p0 ...\n" in ended.stderr

    @pytest.mark.parametrize(
        ("text", "code", "says"),
        [
            (None, 3, "There is no file"),
            (b"{}\n", 2, "line 1, is no record of a history"),
            (b"\xff\n", 2, "line 1, is no record of a history"),
        ],
    )
    def test_what_is_no_history(
        self, tmp_path: Path, text: bytes | None, code: int, says: str
    ) -> None:
        path = tmp_path / "h"
        if text is not None:
            path.write_bytes(text)
        ended = runner.invoke(app, ["check-history", str(path)])
        assert ended.exit_code == code
        assert says in ended.stderr
        assert runner.invoke(app, ["check-history", str(tmp_path)]).exit_code == 2

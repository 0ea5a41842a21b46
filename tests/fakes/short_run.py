"""`entrepot run` as it is, but for the demo's history: two days of it, for tests of many starts."""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

from entrepot.cli import main
from entrepot.cli.demo import make_demo

DAYS = 2

if __name__ == "__main__":
    with patch("entrepot.cli.run.make_demo", partial(make_demo, days=DAYS)):
        main()

"""Finds Chromium on this machine, and as `make test` runs it, has Debian install it.

No browser is downloaded from elsewhere: a machine that has none is told what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Final

VARIABLE: Final = "ENTREPOT_TEST_BROWSER"
"""Names the browser where it is none of the usual ones."""
SHELL: Final = "chromium-headless-shell"
"""Chromium without a window, which does the same for less than half of the work."""
NAMES: Final = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL: Final = ("apt-get", "install", "--yes", "--no-install-recommends")
PACKAGES: Final = (SHELL, "chromium")
"""Debian's packages of it, the best first; not every release has that."""
MISSING: Final = (
    "The tests of the portal need Chromium, and there is none here. Install it (on Debian:"
    f" `apt-get install chromium`), or name another build of it: {VARIABLE}=/path/to/chrome"
)


class NoBrowserError(Exception):
    """There is no browser to test with; the message says what to do."""


def find_browser() -> str:
    """The path of the browser to use."""
    named = os.environ.get(VARIABLE)
    for each in (named,) if named else NAMES:
        path = shutil.which(each)
        if path is not None:
            return path
    raise NoBrowserError(MISSING)


def install() -> None:
    """Have Debian's package manager install Chromium, where this user may."""
    if shutil.which("apt-get") is None:
        return
    sudo: tuple[str, ...] = ()
    if os.geteuid() != 0:
        sudo = ("sudo", "--non-interactive")
        if shutil.which("sudo") is None or subprocess.run((*sudo, "true"), check=False).returncode:
            return
    print("Installing Chromium, which the tests of the portal need ...", file=sys.stderr)  # noqa: T201 - `make test` shows it
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update"), *((*INSTALL, package) for package in PACKAGES)):
        subprocess.run((*sudo, *command), check=False, env=environ, stdout=subprocess.DEVNULL)
        if any(shutil.which(name) for name in NAMES):
            return


def main() -> int:
    """See to it that there is a browser; 1 where there is none."""
    try:
        find_browser()
    except NoBrowserError:
        if VARIABLE not in os.environ:
            install()
    try:
        find_browser()
    except NoBrowserError as missing:
        print(missing, file=sys.stderr)  # noqa: T201 - `make test` shows it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

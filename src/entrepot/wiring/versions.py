"""The versions of what a bug report should name."""

import platform
from importlib.metadata import version

from entrepot import __version__
from entrepot.metadata.sql import driver


def lines() -> list[str]:
    """A name and a version for each."""
    return [
        f"entrepot {__version__}",
        f"sqlite {driver.VERSION} (apsw {version('apsw')})",
        f"python {platform.python_version()}",
        f"platform {platform.platform()}",
    ]

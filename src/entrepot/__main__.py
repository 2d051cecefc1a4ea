"""`python -m entrepot`, and the command `entrepot`."""

import os
import signal
import sys
from types import FrameType


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] == ["serve"]:
        # The imports that follow take longer than the rest of a start.
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGINT, _leave)
    from entrepot.cli.main import main as run  # noqa: PLC0415

    run()


def _leave(_: int, __: FrameType | None) -> None:
    """End a server that was stopped before it began: that is no failure."""
    os._exit(0)


if __name__ == "__main__":
    main()

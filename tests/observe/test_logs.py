"""Log lines of the server itself, in a process of their own: logging is set up once for all."""

import json
import subprocess
import sys
import textwrap
from datetime import datetime
from typing import Any

from tests.programs.process import environment
from tests.programs.waiting import PATIENCE


def printed(script: str, *, as_json: bool, level: str = "info") -> str:
    """What *script* logs, after logs were configured; `log` is a logger in it."""
    setup = f"""\
        import logging
        from entrepot.observe import logs
        logs.configure({level!r}, as_json={as_json})
        log = logs.get("entrepot.test")
        """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(setup) + textwrap.dedent(script)],
        env=environment({"PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error"}),
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    ).stdout.decode()


def told(script: str, *, level: str = "info") -> list[dict[str, Any]]:
    """The JSON lines of *script*."""
    return [json.loads(line) for line in printed(script, as_json=True, level=level).splitlines()]


FAILING = """\
    try:
        token = "hunter" + "2"
        raise ValueError("broken \\x1b[31m")
    except ValueError:
        log.exception("request failed", path="/v2/")
    """
HOSTILE = 'log.warning("not\\x1b[2J ready", path="/\\x1b]0;x\\x07", error="a\\nb\\r\\x9b")'


def test_an_event_is_a_line_of_json() -> None:
    (line,) = told('log.info("uploads expired", dropped=3)')
    assert line["event"] == "uploads expired"
    assert line["level"] == "info"
    assert line["dropped"] == 3
    assert datetime.fromisoformat(line["time"]).tzinfo is not None


def test_other_libraries_lines_have_the_same_form() -> None:
    (line,) = told('logging.getLogger("sqlalchemy").error("lost %s", "it")')
    assert line["event"] == "lost it"
    assert line["level"] == "error"


def test_the_level_is_kept() -> None:
    script = 'log.debug("a"); log.info("b"); log.warning("c"); log.error("d")'
    assert [line["event"] for line in told(script, level="warning")] == ["c", "d"]


def test_what_has_no_json_is_told_as_text() -> None:
    (line,) = told('from pathlib import Path; log.info("at", folder=Path("/srv"))')
    assert line["folder"] == "/srv"


def test_hostile_text_stays_one_line_of_json() -> None:
    (line,) = told(HOSTILE)
    assert line["event"] == "not\x1b[2J ready"
    assert line["error"] == "a\nb\r\x9b"


def test_a_failure_is_one_line_of_json_with_its_traceback() -> None:
    (line,) = told(FAILING)
    assert line["path"] == "/v2/"
    assert "ValueError: broken" in line["exception"]


def test_the_console_form_lets_no_control_character_through() -> None:
    (line,) = printed(HOSTILE, as_json=False).splitlines()
    assert line.isprintable()
    assert "ready" in line


def test_the_console_form_tells_a_failure_without_control_characters() -> None:
    text = printed(FAILING, as_json=False)
    assert "ValueError: broken" in text
    assert "/v2/" in text
    assert text.replace("\n", "").isprintable()


def test_a_traceback_does_not_tell_the_values_of_variables() -> None:
    """They may be passwords, tokens and whole request bodies."""
    for as_json in (True, False):
        assert "hunter2" not in printed(FAILING, as_json=as_json)

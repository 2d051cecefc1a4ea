"""Structured logs: one event a line, JSON or for a person's eyes."""

import logging
import sys
from typing import Any

import orjson
import structlog


def configure(level: str, *, as_json: bool) -> None:
    """Send every log line of this process to standard output, in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        # Plain tracebacks: the values of variables may be passwords, tokens and whole bodies.
        structlog.processors.format_exc_info,
    ]
    if not as_json:
        shared.append(_escape)
    renderer: Any = (
        structlog.processors.JSONRenderer(serializer=_json)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Alembic tells of every start; only a step that is taken is worth a line.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    # It has a traceback for each connection that was lost; observe.outage has one line for all.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    # Its line for each request shows the whole URL; those of webhooks are often secrets.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a part of the server."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _escape(_: Any, __: str, event: Any) -> Any:  # noqa: ANN401 - the signature is structlog's
    """Let no control character through to a terminal, but the line ends of a traceback."""
    return {
        name: _printable(value, keep="\n" if name == "exception" else "")
        if isinstance(value, str)
        else value
        for name, value in event.items()
    }


def _printable(text: str, keep: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else ascii(c)[1:-1] for c in text)


def _json(event: Any, **_: Any) -> str:  # noqa: ANN401 - the signature is structlog's
    return orjson.dumps(event, default=str).decode()

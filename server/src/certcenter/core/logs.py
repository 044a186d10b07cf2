"""Structured logs: one JSON object a line, with the request's reference number, without personal data (SPEC D9, E)."""

import json
import logging
from contextvars import ContextVar
from typing import Any

#: The reference number of the request that is being served; also shown to the customer in an error (SPEC E10).
reference: ContextVar[str] = ContextVar("certcenter_reference", default="")


class Without(logging.Filter):
    """Leaves out the lines that hold certain words: a warning of something that is intended."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        return self._words not in record.getMessage()


class JsonFormatter(logging.Formatter):
    """Format a record as one JSON line: time, level, logger, message, reference, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without the newline."""
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if reference.get():
            line["reference"] = reference.get()
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)

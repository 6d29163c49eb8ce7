"""Errors of other libraries, fit to be quoted in one of ours."""

from __future__ import annotations

import re

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def in_short(error: Exception, most: int = 300) -> str:
    r"""Write an error's kind and text in one line, without terminal colours.

    Example:
        >>> in_short(ValueError("too \x1b[1mlong\x1b[0m, really"), most=8)
        'ValueError: too long ...'
    """
    text = " ".join(COLOURS.sub("", str(error)).split())
    text = text if len(text) <= most else f"{text[:most].rstrip()} ..."
    return f"{type(error).__name__}: {text}"

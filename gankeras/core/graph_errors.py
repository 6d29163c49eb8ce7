"""Assertions that fail inside the graph, told in plain words."""

import contextlib
import re
from collections.abc import Iterator

import tensorflow as tf

MAX_SKIPPED_UPDATES = 10
DIVERGED = f"{MAX_SKIPPED_UPDATES} updates in a row had a NaN or infinite gradient"


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Turns an assertion of the graph into the error it stands for, without the graph's stack."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        message = _said(error.message)
        if message is None:
            raise
        if DIVERGED in message:
            raise RuntimeError(
                f"Training stopped: {DIVERGED}. The weights are those of the last good step. Lower the learning rate, "
                f"strengthen R1 and R2, or look for extreme values in the data. Received: {message}"
            ) from None
        raise ValueError(message) from None


def _said(text: str) -> str | None:
    """What an assertion was given to say, whether it stood in a graph or not; None for another error."""
    if found := re.search(r"assertion failed: \[(.*?)\](?: \[(.*)\])?", text):
        return " ".join([found[1], *(found[2] or "").split("] [")]).strip() + "."
    if found := re.search(r"Summarized data: (.*)", text, re.DOTALL):
        return " ".join(re.sub(r"b(['\"])(.*?)\1", r"\2", found[1]).split()) + "."
    return None

"""Training logs as a section of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gankeras.core.section import Lines, Section
from gankeras.reports import wording

POSITION = 50
# Losses share an axis; what is counted or a share needs one of its own.
GROUPS = {
    "Losses": ("discriminator_loss", "generator_loss"),
    "What the discriminator says, and how sure it is of real rows": (
        "real_logits",
        "fake_logits",
        "real_signs",
    ),
}


def history_section(
    history: Mapping[str, Sequence[float]], x: Sequence[float], x_name: str = "epoch"
) -> Section | None:
    """The training curves of a GAN.

    Args:
        history: Values by name of the log, one an epoch, as `fit(...).history` holds them.
        x: Where the values stand, such as the number of each epoch.
        x_name: What `x` counts.

    Returns:
        A `Section`, or `None` where there are fewer than two epochs or none of the known logs.
    """
    blocks = []
    for caption, names in GROUPS.items():
        series = {wording.figure_name(n): history[n] for n in names if n in history}
        if series and len(x) > 1:
            said = "; ".join(
                f"{name} from {wording.number(values[0])} to {wording.number(values[-1])}"
                for name, values in series.items()
            )
            alt = f"{caption} from {x_name} {x[0]:g} to {x[-1]:g}: {said}."
            blocks.append(Lines(f"{caption}, by {x_name}", alt, x, series, x_name))
    if not blocks:
        return None
    words = (
        "Losses of a GAN are a contest's score and say little about the samples: look for what "
        "runs away or stands still."
    )
    return Section("How the training went", "", [words], blocks, POSITION)

"""What one turn of the game is played on."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class AdversarialBatch:
    """Real and fake samples side by side, with what they were made under.

    Args:
        real: Encoded real samples, a tensor `(batch, ...)` or a flat dict of such.
        fake: Generated samples of the same structure; no gradient flows back through them.
        latents: What the generator was given, `(batch, ...)`.
        conditions: Tensors by name, shared by real and fake: `labels` (int32, `(batch,)`) is one.
        seed: Int32 `(2,)`: all randomness of a penalty comes from it.
    """

    real: Any
    fake: Any
    latents: Any = None
    conditions: dict[str, Any] = field(default_factory=dict)
    seed: Any = None

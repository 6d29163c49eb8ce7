"""Training logs within an epoch."""

import keras


class LossCurve(keras.callbacks.Callback):
    """Keeps the mean of every log over each stretch of steps, where one epoch is the whole training.

    Args:
        every: Steps of a stretch.
    """

    def __init__(self, every: int):
        super().__init__()
        self._every = every
        self.steps: list[int] = []
        self.values: dict[str, list[float]] = {}

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self._every:
            return
        self.steps.append(batch + 1)
        for name, value in (logs or {}).items():
            self.values.setdefault(name, []).append(float(value))
        self.model.reset_metrics()  # Keras' logs are means since the epoch began

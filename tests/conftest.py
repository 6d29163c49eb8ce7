import numpy as np
import pytest
import tensorflow as tf

# Two logical devices stand for two replicas; this must be said before TensorFlow starts.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(autouse=True)
def _repeatable():
    np.random.seed(0)
    tf.keras.utils.set_random_seed(0)

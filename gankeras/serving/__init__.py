"""Trained generators as files that TensorFlow alone can run, each with a card."""

from gankeras.serving.card import weight_digest as weight_digest
from gankeras.serving.export import export as export
from gankeras.serving.load import load as load

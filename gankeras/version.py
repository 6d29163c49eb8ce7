"""The version, in one place: the card, the CLI and the package metadata read it."""

__version__ = "0.1.0"

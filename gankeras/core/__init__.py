"""The kernel: codecs, the game and what draws samples."""

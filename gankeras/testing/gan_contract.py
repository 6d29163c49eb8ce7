"""What every GAN must do."""


def gan_contract():
    """The checks, one function each."""
    return []

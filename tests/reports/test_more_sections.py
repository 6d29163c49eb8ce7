"""Training curves and the card as sections."""

from gankeras.reports.history import history_section
from gankeras.serving.card_section import card_section


def test_losses_share_an_axis():
    logs = {"discriminator_loss": [1.0, 0.5, 0.25], "generator_loss": [1, 2, 3], "other": [9, 9, 9]}
    section = history_section(logs, [1, 2, 3])
    (lines,) = section.blocks
    assert list(lines.series) == ["discriminator loss", "generator loss"]
    assert "discriminator loss from 1 to 0.25; generator loss from 1 to 3" in lines.alt


def test_one_epoch_is_no_curve():
    assert history_section({"generator_loss": [1.0]}, [1]) is None
    assert history_section({"loss": [1.0, 2.0]}, [1, 2]) is None


def test_a_card_says_what_it_knows():
    card = {
        "synthetic": True,
        "description": "digits",
        "generator": {"name": "DCGAN", "parameters": 12345, "step": 7},
        "data": {"rows": 50, "class_names": ["a", "b"], "class_counts": [20, 30]},
        "seed": 0,
        "privacy": {"statement": "There is no guarantee."},
        "limits": ["Measure on real data alone."],
    }
    section = card_section(card)
    assert section.words == ("digits", "There is no guarantee.", "Measure on real data alone.")
    facts = dict(section.blocks[0].rows)
    assert (facts["weights"], facts["seed"], facts["training rows"]) == ("12,345", "0", "50")
    assert section.blocks[1].rows == (("a", "20"), ("b", "30"))
    # The little card of a synthesizer made by hand.
    assert card_section({"synthetic": True, "generator": "Jitter"}).blocks[0].rows == (
        ("generator", "Jitter"),
    )

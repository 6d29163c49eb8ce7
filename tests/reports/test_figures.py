"""The picture: what it says, and that none of its texts overlap or leave it."""

import dataclasses
import itertools

import pytest

from gankeras.core.report import Report
from gankeras.reports import to_figure
from gankeras.reports.figures import STYLES


def texts(figure):
    """Boxes of every text that is drawn."""
    figure.canvas.draw()
    found = [*figure.texts, *figure.legends[0].get_texts()]
    axes = figure.axes[0]
    found += [*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label]
    low, high = axes.get_xlim()
    ticks = axes.get_xticklabels()
    found = [t for t in found if t not in ticks or low <= t.get_position()[0] <= high]
    return [(t.get_text(), t.get_window_extent()) for t in found if t.get_text()]


@pytest.fixture(
    params=["helps", "hurts", "no_effect", "one_seed", "widest", "plan", "train_on_synthetic"]
)
def report(request, make_report):
    if request.param in ("plan", "train_on_synthetic"):
        made = make_report({"real": [0.8] * 3, "gan": [0.81, 0.82, 0.83], "gan_only": [0.1] * 3})
        return dataclasses.replace(made, kind=request.param)
    if request.param != "widest":
        return request.getfixturevalue(request.param)
    arms = ["real", "classical", "gan", "gan+classical", "gan_only"]
    values = [[0.1, 0.3], [0.4, 0.5], [0.0, 0.9], [0.4, 0.51], [0.01, 0.02]]
    tried = {name: {"0.1": 0.5, "0.3": 0.6} for name in ("gan", "gan+classical")}
    ratio = {"gan": 0.25, "gan+classical": 0.125}
    figures = dict(zip(arms, values, strict=True))
    return make_report(figures, ratio=ratio, ratio_validation=tried)


def test_no_text_overlaps_another_or_leaves_the_picture(report):
    figure = to_figure(report)
    found = texts(figure)
    width, height = figure.canvas.get_width_height()
    for text, box in found:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
        assert inside, (text, box)
    for (a, box_a), (b, box_b) in itertools.combinations(found, 2):
        assert not box_a.overlaps(box_b), (a, b)


def test_says_the_verdict_and_shows_every_seed(helps):
    figure = to_figure(helps)
    axes = figure.axes[0]
    said = [text for text, _ in texts(figure)]
    assert "GAN augmentation helps: +10.0 points (+7.5 to +12.5), 3 seeds" in said
    assert {"real", "real + classical", "real + GAN", "GAN alone", "helps", "reference"} <= set(
        said
    )
    seeds = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert [list(line.get_xdata().round(6)) for line in seeds][1] == [75.0, 75.0, 75.0]
    reference = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert reference[0].get_xdata()[0] == pytest.approx(75.0)


def test_an_arm_far_off_is_an_arrow_that_squeezes_nothing(helps):
    low, high = to_figure(helps).axes[0].get_xlim()
    assert low > 50
    assert high > 86


def test_pictures_of_equal_values_span_a_point_and_no_interval_leaves_all(make_report):
    low, high = to_figure(make_report({"real": [1.0, 1.0], "gan": [1.0, 1.0]})).axes[0].get_xlim()
    assert high - low == pytest.approx(1.0)
    # 95 +- 12.7 per cent.
    figure = to_figure(make_report({"real": [0.9, 0.92], "gan": [0.94, 0.96]}))
    assert (
        max(max(line.get_xdata()) for line in figure.axes[0].lines if line.get_zorder() == 3) <= 100
    )


def test_shapes_differ_where_colours_do():
    assert len({marker for _, marker, _ in STYLES.values()}) == len(STYLES)


def test_written_bytes_repeat(helps, tmp_path):
    for name in ("a.png", "b.png"):
        to_figure(helps, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="Received: a report without results"):
        to_figure(Report("uplift", "accuracy"))

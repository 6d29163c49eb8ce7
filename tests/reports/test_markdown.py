"""Markdown: every table has one width, and names cannot break it."""

import re

from gankeras.reports import to_markdown


def test_verdict_comes_first(helps):
    lines = to_markdown(helps).splitlines()
    assert lines[0] == "## Does GAN augmentation help?"
    assert lines[2].startswith("GAN augmentation helps: ")


def test_arms(helps):
    text = to_markdown(helps)
    assert (
        "| real + GAN | 85.0 % | 82.5 to 87.5 | 84.0 85.0 86.0 | 85.0 % | +10.0 (+7.5 to +12.5) | **helps** |"
        in text
    )
    assert "| GAN alone | 30.0 % | 27.5 to 32.5 | 30.0 31.0 29.0 | 30.0 % |  | not judged |" in text


def test_every_row_of_a_table_has_as_many_cells(helps):
    for table in re.findall(r"(?:^\|.*\n)+", to_markdown(helps), flags=re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table
    assert r"| a\|b |" in to_markdown(helps)


def test_ratios_tried(make_report):
    report = make_report(
        {"real": [0.8, 0.8], "gan": [0.8, 0.9]},
        ratio_validation={"gan": {"0.1": 0.7, "0.3": 0.75}},
    )
    assert "| accuracy | 0.1 | 0.3 |" in to_markdown(report)
    assert "| real + GAN | 70.0 % | 75.0 % (chosen) |" in to_markdown(report)
    assert "synthetic share 0.3 (chosen on validation rows)" in to_markdown(report)

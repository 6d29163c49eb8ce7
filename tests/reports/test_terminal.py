"""The terminal's table, whole."""

from gankeras.reports import to_text


def test_table(helps):
    expected = """\
GAN augmentation helps: real + GAN reaches 85.0 % accuracy, 10.0 points above real + classical, the
best arm without a GAN (95 % interval of the difference +7.5 to +12.5 points, 3 seeds). Use it.

arm               accuracy  95 % interval  balanced    vs real + classical  verdict
----------------  --------  -------------  --------  ---------------------  ----------
real                71.0 %   68.5 to 73.5    71.0 %
real + classical    75.0 %   not computed    75.0 %                         reference
real + GAN          85.0 %   82.5 to 87.5    85.0 %  +10.0 (+7.5 to +12.5)  helps
GAN alone           30.0 %   27.5 to 32.5    30.0 %                         not judged
"""
    found = to_text(helps)
    assert found.startswith(expected)
    assert "Recall by class\nclass  real + classical  real + GAN  points\n" in found
    assert "shirt            75.0 %      85.0 %   +10.0\n" in found
    assert found.endswith("- One source served all seeds.\n")


def test_columns_stand_one_under_the_other(helps):
    lines = to_text(helps).splitlines()[3:9]
    edges = [i for i, char in enumerate(lines[1]) if char == " " and lines[1][i + 1] == "-"]
    assert all(line[i : i + 1] in (" ", "") for line in lines for i in edges)


def test_wraps_paragraphs(helps):
    assert max(map(len, to_text(helps, width=60).split("\n\n")[0].splitlines())) <= 60


def test_one_seed(one_seed):
    assert "+10.0 (not computed)  not computed" in to_text(one_seed)

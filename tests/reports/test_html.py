"""The page: what it says, in the order it must, whatever the names hold."""

import dataclasses
import html.parser
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gankeras.core.report import Report
from gankeras.core.section import BLOCKS, Bars, Lines, Section, Table
from gankeras.reports import summary, to_html, to_markdown, to_text
from gankeras.reports.html import _page
from gankeras.reports.scale import Scale

VOID = {"meta", "link", "img", "line", "circle", "rect", "path", "br"}


class Outline(html.parser.HTMLParser):
    """Tags in order, their attributes, the text, and whether every tag is closed."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.words, self.problems = [], [], [], []
        self.feed(page)
        self.close()
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def report(make_full_report):
    return make_full_report()


@pytest.fixture(scope="module")
def outline(report):
    return Outline(_page(report))


def test_the_verdict_comes_first_in_plain_words(report, outline):
    assert outline.problems == []
    assert outline.open == []
    start = outline.text.split("gankeras report", 1)[1]
    first = "Dark theme Does GAN augmentation help? No effect shown GAN augmentation has no effect"
    assert start.strip().startswith(first)
    assert summary(report) in outline.text


def test_sections_stand_in_their_order(outline):
    ids = [a["id"] for a in outline.named("section") if "id" in a]
    assert ids == [f"part-{number}" for number in range(1, len(ids) + 1)]
    titles = ["Samples", "What each arm reached", "Recall by class", "Ratios tried"]
    titles += ["Is it like the real data?", "Training", "The card", "How it was made"]
    after_links = outline.text.split("Distance 12.3, where real rows have 3.4.", 1)[1]
    places = [after_links.index(title) for title in titles]
    assert places == sorted(places)
    # The answer in short leads to its section.
    assert [a["href"] for a in outline.named("a")] == ["#content", "#part-5"]


def test_every_figure_carries_its_numbers_in_words(outline):
    drawings = [a for _, a in outline.tags if a.get("role") == "img"]
    assert len(drawings) == 5  # the strip, arms, recall, components, losses
    assert all(re.search(r"\d", a["aria-label"]) for a in drawings)
    assert any("real + GAN + classical 81.1 %" in a["aria-label"] for a in drawings)
    assert all(a["alt"].startswith("noise") for a in outline.named("img"))
    regions = [a for _, a in outline.tags if a.get("role") == "region"]
    assert regions
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in regions)


def test_nothing_is_loaded_from_anywhere(report, outline):
    for _, attributes in outline.tags:
        for name in ("src", "href", "srcset", "action"):
            link = attributes.get(name) or "#"
            assert link.startswith(("#", "data:")), link
    page = _page(report)
    assert not re.search(r"url\(|@import|https?://", page)
    policy = next(a["content"] for a in outline.named("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_the_same_report_gives_the_same_bytes(report, tmp_path):
    first = to_html(report, tmp_path / "a.html").read_bytes()
    again = Report.from_json(report.to_json())
    assert again == report
    assert to_html(again, tmp_path / "b" / "c.htm").read_bytes() == first


@pytest.mark.parametrize("name", ["helps", "hurts", "no_effect", "one_seed"])
def test_every_verdict(name, request):
    found = request.getfixturevalue(name)
    outline = Outline(_page(found))
    word = {"helps": "It helps", "hurts": "It hurts", "no_effect": "No effect shown"}
    assert word.get(name, "No verdict") in outline.text
    assert summary(found) in outline.text
    strips = [a for a in outline.named("figure") if a.get("class") == "strip"]
    assert len(strips) == (name != "one_seed")


def test_a_report_without_comparisons_is_a_table_of_measures(report):
    results = [block for s in report.sections for block in s.blocks if block.kind == "measures"]
    table = Report("table", "distance", results=results[0].results, reason="there is no threshold")
    outline = Outline(_page(table))
    said = "No verdict Verdict not computed: there is no threshold."
    assert said in outline.text
    assert "distance 12.3 3.4" in outline.text
    assert "| distance | 12.3 | 3.4 |" in to_markdown(table)
    assert "distance       12.3      3.4" in to_text(table)


def test_markdown_and_text_hold_the_sections_too(report):
    markdown, text = to_markdown(report), to_text(report)
    assert "### Is it like the real data?\n\nDistance 12.3" in markdown
    assert "| distance | 12.3 | 3.4 | 0 is best |" in markdown
    assert "Four each: distances 0.1 to 3" in markdown
    assert "Distance 12.3, where real rows have 3.4." in text


def test_a_page_that_cannot_be_made_leaves_the_earlier_one(report, tmp_path, monkeypatch):
    path = to_html(report, tmp_path / "page.html")
    before = path.read_bytes()
    monkeypatch.setattr("gankeras.reports.html._page", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        to_html(report, path)
    assert path.read_bytes() == before
    for wrong in (tmp_path, tmp_path / "page.md"):
        with pytest.raises(ValueError, match=r"an .html file.*Received"):
            to_html(report, wrong)
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]


TEXT = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12)
EVIL = st.sampled_from(["<script>alert(1)</script>", '"onload="x', "{{ 7*7 }}", "&lt;", "0\x001"])


@settings(max_examples=40, deadline=None)
@given(names=st.lists(TEXT | EVIL, min_size=1, max_size=4, unique=True))
def test_free_form_names_are_text_and_nothing_else(names, make_full_report):
    report = make_full_report(tuple(names))
    extra = Section(names[0], names[-1], names, [Table(names[0], names, [names])])
    bars = Bars(names[0], names[-1], names, {name: [1] * len(names) for name in names})
    report = dataclasses.replace(
        report, sections=(*report.sections, extra, Section(names[0], blocks=[bars]))
    )
    plain = make_full_report(tuple("abcd"[: len(names)]))
    outline, expected = Outline(_page(report)), Outline(_page(plain))
    assert outline.problems == []
    assert outline.open == []
    for tag in ("script", "style", "iframe", "object"):
        assert len(outline.named(tag)) == len(expected.named(tag))
    handlers = [n for _, attributes in outline.tags for n in attributes if n.startswith("on")]
    assert handlers == []
    assert Report.from_json(report.to_json()) == report
    for name in names:
        kept = name.replace("\x00", "").replace("\ufffd", "")
        assert " ".join(kept.split()) in outline.text.replace("\ufffd", "")


@given(values=st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=6))
@example(values=[0.0, 5e-324])
def test_an_axis_spans_its_values_with_few_round_ticks(values):
    scale = Scale.of(values)
    assert all(0 <= scale.at(value) <= 100 for value in values)
    assert scale.low < scale.high
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 5
    assert ticks == sorted(ticks)


def test_wrong_lengths_are_refused():
    with pytest.raises(ValueError, match="a value for each group: 2.*Received"):
        Bars("a", "b", ["x", "y"], {"real": [1.0]})
    with pytest.raises(ValueError, match=r"a value for each place of `x`: 1.*Received"):
        Lines("a", "b", [0], {"loss": [1.0, 2.0]})
    with pytest.raises(ValueError, match="each of its 2 columns.*Received"):
        Table("a", ["x", "y"], [["1"]])


def test_an_unknown_block_is_refused(report):
    data = report.to_dict()
    assert {b["kind"] for s in data["sections"] for b in s["blocks"]} <= set(BLOCKS)
    data["sections"][0]["blocks"][0]["kind"] = "hologram"
    with pytest.raises(ValueError, match="hologram"):
        Report.from_dict(data)

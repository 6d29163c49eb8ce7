"""The words and numbers that every rendering of a report shares."""

from __future__ import annotations

from gankeras.core.report import Comparison, Estimate, Report, Result

MOST_CLASSES = 20


def percent(value: float) -> str:
    """Write a share, such as `"81.4 %"`."""
    return f"{100 * value:.1f} %"


def points(value: float, signed: bool = True) -> str:
    """Write a difference of shares in percentage points, such as `"+1.6"`."""
    text = f"{100 * value:+.1f}" if signed else f"{100 * abs(value):.1f}"
    # Never "-0.0": a sign that no digit bears out.
    return text[1:] if text in ("+0.0", "-0.0") else text


def range_of(estimate: Estimate) -> str:
    """Write the interval of a share, such as `"79.1 to 80.9"`, or `"not computed"`."""
    if not estimate.has_interval:
        return "not computed"
    low, high = ends_of_share(estimate)
    return f"{100 * low:.1f} to {100 * high:.1f}"


def ends_of_share(estimate: Estimate) -> tuple[float, float]:
    """Ends of the interval of a share, to be shown: a t interval may leave 0 to 1, where no share lies."""
    return max(estimate.low, 0.0), min(estimate.high, 1.0)


def range_of_difference(estimate: Estimate) -> str:
    """Write the interval of a difference, such as `"+0.4 to +2.8"`, or `"not computed"`."""
    if not estimate.has_interval:
        return "not computed"
    return f"{points(estimate.low)} to {points(estimate.high)}"


def number(value: float | None) -> str:
    """Write a figure of no known unit with three digits, such as `"0.0123"`; `""` for none.

    Example:
        >>> number(0.98765), number(12345.6), number(None)
        ('0.988', '12,346', '')
    """
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def in_unit(value: float | None, unit: str) -> str:
    """Write a figure in its unit; a share in percent."""
    if value is None:
        return ""
    return percent(value) if unit == "%" else f"{number(value)} {unit}".strip()


QUESTIONS = {
    "uplift": "Does GAN augmentation help?",
    "ratio_sweep": "Does GAN augmentation help?",
    "plan": "How much to add?",
    "train_on_synthetic": "What do synthetic rows alone teach?",
}


def heading(report: Report) -> str:
    """Write the question that a report answers."""
    return QUESTIONS.get(report.kind, "Is it like the real data, and does it leak?")


VERDICT_WORDS = {
    "plan": {"helps": "Add samples", "no effect": "Add none", "hurts": "Add none"},
    "train_on_synthetic": {
        "helps": "More than real rows",
        "no effect": "No difference shown",
        "hurts": "Less than real rows",
    },
}


# A plan is a guess: "helps" and "hurts" are for test rows to say.
TABLE_VERDICTS = {
    "plan": {"helps": "gains", "no effect": "within the error", "hurts": "loses"},
    "train_on_synthetic": {
        "helps": "teaches more",
        "no effect": "no difference",
        "hurts": "teaches less",
    },
}


def verdict_words(report: Report) -> str:
    """Say the verdict in two or three words."""
    words = {"helps": "It helps", "no effect": "No effect shown", "hurts": "It hurts"}
    return VERDICT_WORDS.get(report.kind, words).get(report.verdict, "No verdict")


def level(estimate: Estimate) -> str:
    """Write the coverage of an interval, such as `"95 %"`."""
    return f"{100 * estimate.level:.3g} %"


def judging_rows(report: Report) -> str:
    """Say which rows the classifiers were asked about."""
    return "held-out rows" if report.kind == "plan" else "real test rows"


def run(report: Report) -> str:
    """Say what a report has several of: seeds, or a plan's splits."""
    return "split" if report.kind == "plan" else "seed"


def versus(report: Report) -> str:
    """Head the column of differences."""
    against = reference(report)
    reach = ", one standard error" if report.kind == "plan" else ""
    return "" if against is None else f"vs {report[against].label}{reach}"


def intervals_head(report: Report) -> str | None:
    """Head the column of intervals, or `None` where no result has one."""
    found = [result.figures[report.headline] for result in report.results]
    some = [estimate for estimate in found if estimate.has_interval]
    return f"{level(found[0])} interval" if some or report.kind != "plan" else None


def difference_of(comparison: Comparison | None) -> str:
    """Write a difference and its interval for a table, `""` where nothing was compared."""
    if comparison is None:
        return ""
    difference = comparison.difference
    return f"{points(difference.mean)} ({range_of_difference(difference)})"


def figure_name(name: str) -> str:
    """Write the name of a figure for people."""
    return name.replace("_", " ")


def verdict_of(report: Report, result: Result) -> str:
    """Write the verdict on one result for a table."""
    comparison = report.comparison(result.name)
    if comparison is not None:
        words = TABLE_VERDICTS.get(report.kind, {})
        return words.get(comparison.verdict, comparison.verdict)
    if result.name == reference(report):
        return "reference"
    return "not judged" if result.role == "shown" else ""


def reference(report: Report) -> str | None:
    """Return the name of the result that the judged ones are compared with."""
    return report.comparisons[0].reference if report.comparisons else None


def second_figure(report: Report) -> str:
    """Return the figure that a table shows beside the headline."""
    return "accuracy" if report.headline != "accuracy" else "balanced_accuracy"


def summary(report: Report) -> str:
    """Say the verdict in plain words.

    Args:
        report: Report of an uplift.

    Returns:
        One paragraph: the verdict, the number of points with its interval, and what to do.

    Example:
        >>> summary(Report("uplift", "accuracy", reason="there is no arm without a GAN to compare"))
        'Verdict not computed: there is no arm without a GAN to compare.'
    """
    comparison = report.comparison(report.decided_by) if report.decided_by else None
    if comparison is None:
        return f"Verdict not computed: {report.reason or 'nothing was compared'}."
    what = _what(report, comparison)
    if report.kind in SUMMARIES:
        return SUMMARIES[report.kind](report, what)
    if report.verdict == "helps":
        return f"GAN augmentation helps: {what}. Use it."
    if report.verdict == "hurts":
        return f"GAN augmentation hurts: {what}. Leave it out."
    if report.verdict == "no effect":
        num = len(comparison.difference.values)
        return (
            f"GAN augmentation has no effect that {num} seeds can show: {what}. "
            "Leave it out, unless more seeds show otherwise."
        )
    return f"Verdict not computed ({report.reason}): {what}."


def _plan_summary(report: Report, what: str) -> str:
    shares = report.settings["chosen"]["shares"]
    if report.verdict == "helps":
        added = [f"{percent(share)} {name}" for name, share in shares.items() if share > 0]
        some = added[:MOST_CLASSES] + (["..."] if len(added) > MOST_CLASSES else [])
        return f"Add samples: {what}. Share of all rows, by class: {', '.join(some)}."
    best = {"hurts": "even the best candidate loses", "not computed": report.reason}
    least = "nothing gains more than one standard error"
    return f"Add none: {best.get(report.verdict, least)}: {what}."


def _synthetic_summary(report: Report, what: str) -> str:
    share = report.settings.get("share_of_real")
    part = "" if share is None else f" It learns {percent(share)} of what real rows teach."
    return f"On synthetic rows alone a classifier, {what}.{part}"


SUMMARIES = {"plan": _plan_summary, "train_on_synthetic": _synthetic_summary}


def _what(report: Report, comparison: Comparison) -> str:
    judged, against = report[comparison.name], report[comparison.reference]
    difference = comparison.difference
    size = points(difference.mean, signed=False)
    where = f"{size} points {'above' if difference.mean >= 0 else 'below'}"
    if size == "0.0":
        where = "level with"
    others = [result for result in report.results if result.role == "comparison"]
    best = ", the best arm without a GAN" if len(others) > 1 else ""
    num = len(difference.values)
    seeds = f"{num} {run(report)}" if num == 1 else f"{num} {run(report)}s"
    if difference.has_interval:
        span = range_of_difference(difference)
        found = f"{level(difference)} interval of the difference {span} points, {seeds}"
    else:
        found = f"no interval: {difference.reason}; {seeds}"
    figure = figure_name(comparison.figure)
    reached = percent(judged.figures[comparison.figure].mean)
    return f"{judged.label} reaches {reached} {figure}, {where} {against.label}{best} ({found})"


SHORT_VERDICTS = {
    "uplift": (
        "GAN augmentation",
        {"helps": " helps", "hurts": " hurts", "no effect": ", no effect shown"},
    ),
    "train_on_synthetic": (
        "Synthetic rows alone",
        {"helps": " teach more", "hurts": " teach less", "no effect": ", no difference shown"},
    ),
}


def short_verdict(report: Report) -> str:
    """Say the verdict in a title's length."""
    comparison = report.comparison(report.decided_by) if report.decided_by else None
    if comparison is None:
        return "GAN augmentation: not computed"
    amount = f"{points(comparison.difference.mean)} points"
    if comparison.difference.has_interval:
        amount += f" ({range_of_difference(comparison.difference)})"
    num = len(comparison.difference.values)
    seeds = f"{num} {run(report)}{'s' if num > 1 else ''}"
    if report.kind == "plan":
        taken = f"add {report[comparison.name].label}" if report.verdict == "helps" else "add none"
        return f"Plan: {taken}: {amount}, {seeds}"
    what, words = SHORT_VERDICTS.get(report.kind, SHORT_VERDICTS["uplift"])
    return f"{what}{words.get(report.verdict, ', no verdict')}: {amount}, {seeds}"


def settings_line(report: Report) -> str:
    """Say in a line how the figures were made; `""` where the report does not tell."""
    s = report.settings
    if report.kind == "plan" and "held_out_rows" in s:
        return (
            f"{s['train_rows']:,} real training rows, {s['held_out_rows']:,} rows that judge; every "
            f"candidate {s['steps']:,} steps of {s['batch_size']} (a scikit-learn classifier has "
            f"none); {len(s['splits'])} splits."
        )
    if not {"steps", "batch_size", "seeds", "train_rows", "test_rows"} <= s.keys():
        return ""
    seeds = f"seed{'s' if len(s['seeds']) > 1 else ''} {', '.join(map(str, s['seeds']))}"
    how = "fitted once on all its rows"
    if s["steps"] is not None:
        how = f"{s['steps']:,} steps of {s['batch_size']}"
    return (
        f"{s['train_rows']:,.0f} real training rows, {s['test_rows']:,} real test rows; every arm "
        f"{how}; {seeds}{_shares(report)}."
    )


def _shares(report: Report) -> str:
    ratios = report.settings.get("ratio") or {}
    if not ratios:
        return ""
    how = " (chosen on validation rows)" if report.settings.get("ratio_validation") else ""
    if len(set(ratios.values())) == 1:
        return f"; synthetic share {_share(next(iter(ratios.values())))}{how}"
    each = ", ".join(f"{_share(value)} in {report[name].label}" for name, value in ratios.items())
    return f"; synthetic share{how} {each}"


def _share(ratio: float | str) -> str:
    return ratio if isinstance(ratio, str) else f"{ratio:g}"


def recall_classes(report: Report) -> tuple[list[str], str]:
    """Return the classes that recall tables show, rarest first where not all fit, and a remark."""
    names = [
        key.removeprefix("recall/")
        for key in (report.results[0].figures if report.results else {})
        if key.startswith("recall/")
    ]
    if len(names) <= MOST_CLASSES:
        return names, ""
    counts = dict(
        zip(
            report.settings.get("class_names", []),
            report.settings.get("train_class_counts", []),
            strict=False,
        )
    )
    rarest = sorted(names, key=lambda name: counts.get(name, 0))[:MOST_CLASSES]
    return rarest, f"The {MOST_CLASSES} classes with the fewest training rows, of {len(names)}."

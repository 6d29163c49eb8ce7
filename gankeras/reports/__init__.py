"""Renders a `Report`: plain text, Markdown, one picture, one web page."""

from gankeras.reports.figures import to_figure
from gankeras.reports.html import to_html
from gankeras.reports.markdown import to_markdown
from gankeras.reports.terminal import to_text
from gankeras.reports.wording import summary

__all__ = ["summary", "to_figure", "to_html", "to_markdown", "to_text"]

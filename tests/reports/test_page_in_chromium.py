"""The page in a real browser, headless: errors, network, width, keyboard, texts, contrast.

It speaks WebDriver with chromedriver over HTTP, with nothing but the standard library.
"""

import base64
import itertools
import json
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from gankeras.reports import to_html

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")),
        reason="needs Debian's packages chromium and chromium-driver (apt-get install)",
    ),
]
WIDTHS = (320, 1280)
THEMES = ("light", "dark")
TAB, ENTER = "\ue004", "\ue007"


class Browser:
    """A headless Chromium behind chromedriver."""

    def __init__(self, profile: pathlib.Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.url = f"http://127.0.0.1:{port}"
        self._wait_for_driver()
        options = {
            "binary": shutil.which("chromium"),
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                f"--user-data-dir={profile}",
            ],
        }
        wanted = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        made = self.call("/session", {"capabilities": {"alwaysMatch": wanted}})
        self.url += f"/session/{made['sessionId']}"

    def _wait_for_driver(self):
        for _ in range(200):
            try:
                if self.call("/status")["ready"]:
                    return
            except urllib.error.URLError:
                time.sleep(0.05)  # it has no other way to say that it listens
        raise RuntimeError("chromedriver did not start")

    def call(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()[:500]) from error

    def devtools(self, command, **parameters):
        return self.call("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, page, width, theme):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": theme}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])
        self.call("/url", {"url": pathlib.Path(page).resolve().as_uri()})

    def run(self, script):
        return self.call("/execute/sync", {"script": script, "args": []})

    def log(self, kind):
        return self.call("/se/log", {"type": kind})

    def press(self, *keys):
        strokes = [{"type": move, "value": k} for k in keys for move in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": strokes}
        self.call("/actions", {"actions": [keyboard]})

    def picture(self, path):
        found = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)
        pathlib.Path(path).write_bytes(base64.b64decode(found["data"]))

    def close(self):
        try:
            self.call("", method="DELETE")
        finally:
            self.driver.terminate()
            self.driver.wait(10)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def page(make_full_report, tmp_path_factory):
    return to_html(make_full_report(), tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(params=[(w, t) for w in WIDTHS for t in THEMES], ids=str)
def opened(request, browser, page):
    for kind in ("browser", "performance"):
        browser.log(kind)  # what earlier pages left
    browser.open(page, *request.param)
    return browser


def test_no_error_and_no_request(opened):
    assert opened.log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in opened.log("performance")]
    requests = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    # The browser's own start page asks for things too.
    mine = [request for request in requests if request["documentURL"].endswith("report.html")]
    sent = [request["request"]["url"] for request in mine]
    own = [url for url in sent if url.startswith("file:") and url.endswith("report.html")]
    assert len(own) == 1
    assert [url for url in sent if url not in own and not url.startswith("data:")] == []


def test_fits_the_width(opened):
    assert opened.run("return document.documentElement.scrollWidth <= innerWidth")
    # What is wider than the screen lies in a region that scrolls by itself.
    assert (
        opened.run(
            """
            return [...document.querySelectorAll('main *')].filter(e =>
                !e.closest('.scroll') && !e.closest('svg') && e.getBoundingClientRect().right > innerWidth + 1
            ).map(e => e.outerHTML.slice(0, 120))"""
        )
        == []
    )


def test_pictures_and_figures_have_texts(opened):
    images = opened.run("return [...document.images].map(i => [i.alt, i.complete, i.naturalWidth])")
    assert images
    assert all(alt and complete and width for alt, complete, width in images)
    figures = opened.run(
        """
        return [...document.querySelectorAll('figure')].map(f =>
            f.querySelector('[role=img], [role=group]').getAttribute('aria-label'))"""
    )
    assert len(figures) >= 6
    assert all(any(c.isdigit() for c in text) for text in figures), figures


CONTRAST = """
function rgb(text) { return text.match(/[\\d.]+/g).map(Number); }
function light(c) {
  const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
  return .2126 * r + .7152 * g + .0722 * b;
}
function ratio(a, b) { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); }
function ground(e) {
  for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c;
  }
  return [255, 255, 255];
}
"""


def test_contrast(opened):
    found = opened.run(
        CONTRAST
        + """
        return [...document.querySelectorAll('body *')].filter(e =>
            [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !e.closest('script, style')
        ).map(e => [ratio(rgb(getComputedStyle(e).color), ground(e)), e.outerHTML.slice(0, 80)])"""
    )
    assert len(found) > 50
    assert [entry for entry in found if entry[0] < 4.5] == []
    # Marks of a chart must differ from the paper by 3 to 1 (WCAG 2.2, 1.4.11).
    marks = opened.run(
        CONTRAST
        + """
        return [...document.querySelectorAll('rect.plain, rect.accent, circle.mean, .curve, .scatter path, .span')].map(e => {
            const s = getComputedStyle(e);
            const paint = s.fill === 'none' || e.matches('.shown circle') || e.matches('line') ? s.stroke : s.fill;
            return [ratio(rgb(paint), ground(e.closest('figure'))), e.outerHTML.slice(0, 80)]; })"""
    )
    assert len(marks) > 20
    assert [entry for entry in marks if entry[0] < 3] == []


def test_keyboard_reaches_everything_and_shows_where_it_is(opened):
    focusable = "a[href], button, [tabindex='0']"
    want = opened.run(f'return document.querySelectorAll("{focusable}").length')
    reached = []
    for _ in range(want):
        opened.press(TAB)
        reached.append(
            opened.run(
                """
                const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
                return [e.outerHTML.slice(0, 60), parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== 'none',
                        box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight]"""
            )
        )
    assert reached[0][0].startswith('<a class="skip"')
    assert len({text for text, _, _ in reached}) == want
    assert all(outlined and seen for _, outlined, seen in reached), reached
    scrolling = opened.run(
        "return [...document.querySelectorAll('.scroll')].every(e => e.tabIndex === 0 && e.ariaLabel)"
    )
    assert scrolling


def test_skip_link_and_theme_by_keyboard(opened):
    opened.press(TAB, ENTER)
    assert opened.run("return document.activeElement.id") == "content"
    opened.run("document.getElementById('theme').focus()")
    paper = "return getComputedStyle(document.body).backgroundColor"
    before = opened.run(paper)
    opened.press(ENTER)
    assert opened.run(paper) != before
    opened.press(ENTER)
    assert opened.run(paper) == before


def test_headings_descend_one_by_one(opened):
    levels = opened.run(
        "return [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))

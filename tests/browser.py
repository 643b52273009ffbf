"""Pages in Chromium, if it is there: what they ask for, sort and break, and how they print."""

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

# what is found in a page is written into its title, which `--dump-dom` shows
PROBE = """
var sorted = {}, region = document.querySelector('[aria-label="Datasets"]');
function names() {
  return Array.from(region.querySelectorAll("tbody tr")).map(row => row.cells[0].textContent);
}
function press(column) { region.querySelectorAll("th button")[column].click(); return names(); }
if (region) sorted = { name: press(0), down: press(4), up: press(4) };
function done(broken) {
  var asked = performance.getEntriesByType("resource").map(one => one.name);
  var wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  document.title = JSON.stringify({
    sorted: sorted, broken: broken, wide: wide,
    asked: asked.filter(name => !name.startsWith("data:")),
  });
}
if (typeof axe === "undefined") done(null);
else axe.run().then(found => done(found.violations.map(
  one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 200)).join(" | "))));
"""


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Opens `page.html` of a folder; skips the test where there is no Chromium."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("Chromium is not installed")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    options += ["--disable-background-networking", f"--user-data-dir={folder / 'profile'}"]
    command = [browser, *options, *more, f"file://{folder / 'page.html'}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def opened(text: str, folder: Path, *more: str) -> dict:
    """What is found in a page that is opened; fails where it says anything on the console."""
    there = importlib.util.find_spec("axe_core_python")
    axe = "" if there is None else (Path(str(there.origin)).parent / "axe.min.js").read_text()
    probe = f"<script>{axe}</script><script>{PROBE}</script></body>"
    (folder / "page.html").write_text(text.replace("</body>", probe))
    done = run(folder, "--virtual-time-budget=10000", "--dump-dom", *more)
    assert "CONSOLE" not in done.stderr
    (title,) = re.findall(r"<title>(\{.*?\})</title>", done.stdout)
    return json.loads(title.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))

"""What axe finds on a page, by the rules of WCAG 2.1 AA."""

from importlib.resources import files
from typing import Final

from playwright.sync_api import Page

_AXE: Final = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_RUN: Final = """
axe.run(document, {
  runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
  resultTypes: ["violations"],
  preload: false,
}).then((found) => found.violations
  .filter((each) => each.impact === "serious" || each.impact === "critical")
  .map((each) => [each.id, ...each.nodes.slice(0, 5).map(
    (node) => `${node.html.slice(0, 160)} :: ${node.failureSummary}`)]))
"""


def barriers(page: Page) -> list[list[str]]:
    """The serious and critical findings: a rule, and where it is broken."""
    page.evaluate(_AXE)
    found: list[list[str]] = page.evaluate(_RUN)
    return found

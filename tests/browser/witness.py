"""A page in the browser, with a witness of all that goes wrong on it."""

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, Response

# What shifts, is refused by the policy, or runs though it must not, is kept in the page itself.
_INSIDE: Final = """
window.witnessed = {shift: 0, moved: [], refused: []};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.witnessed.shift += entry.value;
    window.witnessed.moved.push(...entry.sources.map((each) => each.node?.outerHTML?.slice(0, 80)));
  }
}).observe({type: "layout-shift", buffered: true});
document.addEventListener("securitypolicyviolation", (event) => {
  window.witnessed.refused.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
"""
# Two frames on, everything that the page did by itself is drawn.
_DRAWN: Final = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class Witness:
    """Opens addresses of one server, and remembers what it must not see."""

    page: Page
    home: str
    said: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.add_init_script(_INSIDE)

    def open(self, path: str, status: int = 200) -> Response:
        """The answer to *path*, which is now on the screen."""
        self.expected.add(status)
        answer = self.page.goto(self.home + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return answer

    def settle(self) -> None:
        """Have all drawn that the page draws by itself."""
        self.page.evaluate(_DRAWN)

    def seen(self) -> dict[str, Any]:
        """What the page itself tells."""
        found: dict[str, Any] = self.page.evaluate("window.witnessed")
        return found

    def calm(self) -> None:
        """Nothing went wrong."""
        self.settle()
        refused = self.seen()["refused"]
        found = (self.said, refused, self.foreign, self.broken)
        assert found == ([], [], [], []), self.page.url

    def _console(self, message: ConsoleMessage) -> None:
        # A page that is refused is told by its status, not by what the browser says of it.
        if message.type in {"error", "warning"} and "the server responded" not in message.text:
            self.said.append(f"{message.type}: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not self._ours(request.url):
            self.foreign.append(request.url)

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.broken.append(f"{response.status} {response.url}")

    def _ours(self, address: str) -> bool:
        own, other = urlsplit(self.home), urlsplit(address)
        return other.scheme in {"data", "about", "blob"} or own.netloc == other.netloc


def witness(context: BrowserContext, home: str) -> Witness:
    """A new page of *context*."""
    return Witness(context.new_page(), home)

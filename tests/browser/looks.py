"""How people look at the pages: a language, a theme and a device."""

import itertools
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import ViewportSize

LANGUAGES: Final = {"en": "en", "zh-CN": "zh-Hans"}
_SIZES: Final = {
    "desktop": ViewportSize(width=1280, height=800),
    "phone": ViewportSize(width=375, height=800),
}


@dataclass(frozen=True, slots=True)
class Look:
    """One of them."""

    language: str
    theme: str
    device: str

    @property
    def name(self) -> str:
        return f"{self.language}-{self.theme}-{self.device}"

    @property
    def context(self) -> dict[str, Any]:
        """What makes a browser look so."""
        return {
            "locale": self.language,
            "color_scheme": self.theme,
            "viewport": _SIZES[self.device],
            "is_mobile": self.device == "phone",
            "has_touch": self.device == "phone",
        }


LOOKS: Final = tuple(
    Look(*each) for each in itertools.product(LANGUAGES, ("light", "dark"), _SIZES)
)
PLAIN: Final = LOOKS[0]
# Half of them, in which every two of their parts meet: for what takes long.
PAIRS: Final = tuple(
    look
    for look in LOOKS
    if (look.language != "en") ^ (look.theme != "light") ^ (look.device != "desktop") == 0
)
# What is in nothing like the first of them.
OPPOSITE: Final = LOOKS[-1]

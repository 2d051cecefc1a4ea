"""In which language somebody reads, and the texts in it.

The texts of a language stand in locale/<language>/*.po, one file for each part of the pages, read
as they are: there is nothing to compile.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.pofile import read_po
from starlette.requests import Request as HttpRequest

COOKIE: Final = "entrepot-language"
LANGUAGES: Final = {"en": "English", "zh_CN": "简体中文"}
_LOCALE: Final = Path(__file__).with_name("locale")
# By the first part of what browsers ask for: of Chinese there is one, of English too.
_CLOSEST: Final = {"en": "en", "zh": "zh_CN"}


@dataclass(frozen=True, slots=True)
class Texts:
    """What is said, in one language; what has no translation is said in English."""

    locale: Locale
    single: dict[str, str]
    plural: dict[str, tuple[str, ...]]

    def gettext(self, text: str) -> str:
        return self.single.get(text) or text

    def ngettext(self, one: str, many: str, count: int) -> str:
        forms = self.plural.get(one)
        if not forms or not all(forms):
            return one if count == 1 else many
        return forms[min(self._form(count), len(forms) - 1)]

    def _form(self, count: int) -> int:
        return 0 if self.locale.language == "zh" or count == 1 else 1


@cache
def texts(language: str) -> Texts:
    """The texts of one of LANGUAGES."""
    locale = Locale.parse(language)
    if language == "en":
        return Texts(locale, {}, {})
    single: dict[str, str] = {}
    plural: dict[str, tuple[str, ...]] = {}
    for path in sorted((_LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale):
                if isinstance(message.id, (tuple, list)):
                    plural[message.id[0]] = tuple(message.string or ())
                elif message.id and isinstance(message.string, str):
                    single[message.id] = message.string
    return Texts(locale, single, plural)


def chosen(http: HttpRequest) -> str:
    """The language that was chosen here, or else the first one of the browser's that we have."""
    cookie = http.cookies.get(COOKIE)
    if cookie in LANGUAGES:
        return cookie
    wanted = _wanted(http.headers.get("accept-language", ""))
    return next((_CLOSEST[each] for each in wanted if each in _CLOSEST), "en")


def _wanted(header: str) -> list[str]:
    """The languages of an Accept-Language header, the best first (RFC 9110, 12.5.4)."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:500].split(",")):
        name, _, parameters = part.strip().partition(";")
        quality = parameters.strip().removeprefix("q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if name and weight > 0:
            language = name.strip().partition("-")[0].lower()
            weighed.append((-weight, place, language))
    return [language for _, _, language in sorted(weighed)]

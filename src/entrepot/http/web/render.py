"""Templates, with the texts and the formats of a language."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from entrepot import __version__
from entrepot.http.web import formats, language
from entrepot.http.web.static import Static

_TEMPLATES: Final = Path(__file__).with_name("templates")


class Renderer:
    """Renders templates; one environment a language, for each knows its own texts."""

    def __init__(self, static: Static, *, title: str) -> None:
        self._static = static
        self._title = title
        self._environments: dict[str, Environment] = {}

    def texts(self, name: str) -> language.Texts:
        """The texts of a language."""
        return language.texts(name)

    def render(self, template: str, name: str, context: Mapping[str, Any]) -> str:
        """The template's text in the language *name*."""
        if name not in self._environments:
            self._environments[name] = self._environment(name)
        return self._environments[name].get_template(template).render(context)

    def _environment(self, name: str) -> Environment:
        texts = language.texts(name)
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        install: Callable[..., None] = environment.install_gettext_callables  # type: ignore[attr-defined] # added by the extension
        install(texts.gettext, texts.ngettext, newstyle=True)
        environment.globals |= {
            "static": self._static.url,
            "language": name,
            "languages": language.LANGUAGES,
            "site": self._title,
            "version": __version__,
        }
        environment.filters |= formats.Formats(name).filters()
        return environment

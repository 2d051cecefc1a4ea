"""The commands of an image's history, as their author wrote them.

Docker's classic builder wrote `/bin/sh -c #(nop)  CMD ["sh"]` for what needs no shell and the
shell's whole call for RUN, with `|2 A=1 B=2` before it where there were build arguments. BuildKit
writes the instruction, and `# buildkit` behind it.
"""

import re
from typing import Final

_SHELL: Final = re.compile(
    r"(?<!\S)(?:(?:/[\w/.-]+/)?(?:ba|da|a|z|k)?sh(?: -[A-Za-z]+(?: pipefail)?)*? -[A-Za-z]*c"
    r"|cmd /S /C) ",
    re.IGNORECASE,
)
_ARGUMENTS: Final = re.compile(r"\|\d+ ")
_NOTHING: Final = "#(nop)"
_BUILDKIT: Final = "# buildkit"


def tidy(created_by: str) -> str:
    """The instruction that *created_by* stands for; as it is where its form is not known."""
    command = created_by.strip().removesuffix(_BUILDKIT).strip()
    instruction, separator, rest = command.partition(" ")
    if instruction == "RUN" and separator:
        return f"RUN {_without_shell(rest.strip()) or rest.strip()}"
    inner = _without_shell(command)
    if inner is None:
        return command
    return inner.removeprefix(_NOTHING).strip() if inner.startswith(_NOTHING) else f"RUN {inner}"


def _without_shell(command: str) -> str | None:
    """What a shell was called with, or None where no shell was called."""
    found = (_SHELL.search if _ARGUMENTS.match(command) else _SHELL.match)(command)
    return None if found is None else command[found.end() :].strip()

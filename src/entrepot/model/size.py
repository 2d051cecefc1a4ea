"""Numbers of bytes, for people."""

from typing import Final

_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_THOUSAND: Final = 1000
# From here on, three digits are those of a thousand.
_NEXT: Final = 999.5


def sized(count: int) -> str:
    """Bytes as three digits and a unit by thousands, as docker prints them."""
    amount, unit = float(count), 0
    while amount >= (_NEXT if unit else _THOUSAND) and unit < len(_UNITS) - 1:
        amount, unit = amount / _THOUSAND, unit + 1
    return f"{amount:.3g} {_UNITS[unit]}"

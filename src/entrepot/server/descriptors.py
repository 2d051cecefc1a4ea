"""File descriptors: how many this process may have."""

import resource
from typing import Final

# An unlimited hard limit is no number to build tables by.
_MOST: Final = 1_048_576


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard limit; return the limit that now applies."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return min(soft, _MOST) if soft != resource.RLIM_INFINITY else _MOST

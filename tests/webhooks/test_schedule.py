"""When a delivery that failed is tried again."""

import itertools
from datetime import timedelta

from entrepot.webhooks.schedule import wait


def test_it_is_tried_at_growing_distances_and_then_no_more() -> None:
    waits = [wait(failures) for failures in range(1, 9)]
    assert waits[0] == timedelta(seconds=10)
    assert waits[5] == timedelta(hours=6)
    assert waits[6:] == [None, None]
    known = [each for each in waits if each is not None]
    assert all(later > earlier for earlier, later in itertools.pairwise(known))

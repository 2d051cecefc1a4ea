"""What a garbage collection may do: never what a root reaches, never what is too young."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from entrepot.model.garbage import Condemned, Link, RetiredLink
from entrepot.oci.digest import Digest
from entrepot.registry.gc import plan
from entrepot.registry.margins import MACHINES, ONE_MACHINE

DIGEST = Digest.of(b"")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 9), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
graces = st.timedeltas(timedelta(), timedelta(days=3))
links = st.lists(
    st.builds(Link, st.just((1, 1)), st.just("a"), st.just(DIGEST), st.just(1), moments)
)
retired = st.lists(
    st.builds(
        RetiredLink,
        st.just((1, 1)),
        st.just("a"),
        st.just(DIGEST),
        st.just(1),
        moments,
        st.booleans(),
    )
)
condemned = st.lists(
    st.builds(Condemned, st.just(DIGEST), st.just(1), moments, moments, st.booleans())
)


@given(links, moments, graces)
def test_retired_is_what_is_older_than_the_grace(links, now, grace):
    doomed = plan.retire(links, now=now, grace=grace)
    for link in links:
        assert (link in doomed) == (now - link.linked_at >= grace)


@given(links, moments, graces, graces)
def test_a_longer_grace_never_retires_more(links, now, grace, more):
    longer = plan.retire(links, now=now, grace=grace + more)
    assert all(link in plan.retire(links, now=now, grace=grace) for link in longer)


@given(retired, moments, graces)
def test_what_is_named_goes_back_and_what_is_young_stays(retired, now, grace):
    fate = plan.settle(retired, now=now, grace=grace)
    assert all(each.named for each in fate.restored)
    for each in fate.forgotten:
        assert not each.named
        assert now - each.retired_at >= grace
    left = [each for each in retired if each not in fate.restored + fate.forgotten]
    assert all(not each.named and now - each.retired_at < grace for each in left)


@given(condemned, moments)
def test_only_bytes_that_are_due_and_that_nobody_has_are_removed(condemned, now):
    verdict = plan.judge(condemned, now=now)
    for each in verdict.removed:
        assert each.due <= now
        assert each.until <= now
        assert not each.held
    assert all(each.held for each in verdict.spared)
    assert not [each for each in verdict.removed if each in verdict.spared]


@given(moments, graces, graces)
def test_bytes_are_spared_for_the_grace_and_the_margin_at_least(now, grace, spared):
    assert plan.due(now, grace, spared) >= now + grace
    assert plan.due(now, grace, spared) >= now + spared


def test_a_claim_is_over_before_anything_condemned_after_it_is_due():
    assert MACHINES.holds + plan.REMOVING < MACHINES.spared / 2
    assert ONE_MACHINE.holds < ONE_MACHINE.spared
    assert plan.BEGUN < plan.REMOVING

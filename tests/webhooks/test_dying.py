"""A worker that is killed loses no delivery."""

import signal
import subprocess
import sys

import pytest

from entrepot.model.webhook import DeliveryState
from entrepot.webhooks.queue import LEASE
from tests.programs.waiting import PATIENCE
from tests.shape.tree import ROOT
from tests.webhooks.receiver import Receiver
from tests.webhooks.round import Rounds
from tests.webhooks.samples import webhook


@pytest.mark.parametrize("times", [1, 4])
def test_what_a_killed_worker_had_taken_another_delivers(
    work: Rounds, listening: Receiver, times: int
) -> None:
    hooks = [webhook(str(number), url=listening.url) for number in range(5)]
    work.begin(*hooks)
    work.happen(2)
    argv = [sys.executable, "-m", "tests.webhooks.dying", str(work.path), str(times)]
    died = subprocess.run(argv, cwd=ROOT, timeout=PATIENCE, check=False)
    assert died.returncode == -signal.SIGKILL
    before = {each.headers["x-entrepot-delivery"] for each in listening.received}
    assert before, "it was killed before it had asked anybody"
    work.deliver()
    work.later(seconds=LEASE.total_seconds())
    work.deliver()
    after = {each.headers["x-entrepot-delivery"] for each in listening.received}
    known = {each.id for hook in hooks for each in work.deliveries(hook.id)}
    assert after == known
    assert len(known) == 10
    states = {state for hook in hooks for state in work.states(hook.id)}
    assert states == {DeliveryState.DELIVERED}

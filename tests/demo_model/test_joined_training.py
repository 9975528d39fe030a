"""Processes that share their gradients must make one and the same step."""

import torch
from torch import Tensor

from demo_model.joined import ALONE, Peers, join, started

SEEN_BY_BOTH, SEEN_BY_ONE, SEEN_BY_NONE = range(3)


def parameters(rank: int) -> list[Tensor]:
    """Three weights of two numbers: both processes have a gradient of the first, the second process of the second."""
    made = [torch.zeros(2, requires_grad=True) for _ in range(3)]
    made[SEEN_BY_BOTH].grad = torch.tensor([1.0, 2.0]) + rank
    if rank == 1:
        made[SEEN_BY_ONE].grad = torch.tensor([5.0, 7.0])
    return made


def second_process(given: object, peers: Peers) -> None:
    del given
    with join(peers):
        peers.share(parameters(peers.rank), torch.tensor([30.0, 3.0]))


def test_gradients_become_the_mean_over_the_processes_that_have_one():
    with started(2, second_process, None) as peers:
        mine = parameters(peers.rank)
        told = peers.share(mine, torch.tensor([10.0, 1.0]))
    assert told.tolist() == [40.0, 4.0]
    assert mine[SEEN_BY_BOTH].grad.tolist() == [1.5, 2.5]
    assert mine[SEEN_BY_ONE].grad.tolist() == [5.0, 7.0]
    assert mine[SEEN_BY_NONE].grad is None


def test_a_process_alone_keeps_its_gradients():
    mine = parameters(rank=1)
    assert ALONE.share(mine, torch.tensor([30.0, 3.0])).tolist() == [30.0, 3.0]
    assert mine[SEEN_BY_ONE].grad.tolist() == [5.0, 7.0]

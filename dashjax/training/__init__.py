"""Rewards from trained models."""

from dashjax.training.build import compute_rewards, selection_accuracies
from dashjax.training.filling import Order, fill, training_of
from dashjax.training.rewards import REWARDS

__all__ = [
    "REWARDS",
    "Order",
    "compute_rewards",
    "fill",
    "selection_accuracies",
    "training_of",
]

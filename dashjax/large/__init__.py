"""Pools of up to a million datasets: what a step costs follows what was pulled, not the pool."""

from dashjax.large.exploring import Exploration, LargePool, explore

__all__ = ["Exploration", "LargePool", "explore"]

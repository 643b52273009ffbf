"""What every worker does: reads its task, repeats runs for a while, prints what they took.

A worker is a file beside this one. It runs inside the environment of its peer, so that it imports
nothing but the peer, NumPy and this file. The task is one JSON object on stdin: `utility`
`[group, slot]`, `steps` of a run and for how many `seconds` of processor time to go on. The answer
is one JSON object on the last line of stdout. Rewards are N(utility, 1).
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import metadata

import numpy as np

Selector = Callable[[], int]
Learn = Callable[[int, float], object]
Start = Callable[[int, int, int], tuple[Selector, Learn]]  # of groups, slots of each and a seed


def answer(package: str, law: str, start: Start) -> None:
    """Carries out the task on stdin with runs that `start` begins."""
    task = json.load(sys.stdin)
    utility = np.array(task["utility"])
    _regret(start, utility, task["steps"], seed=0)
    spent, regret = 0.0, []
    began = time.process_time()
    while spent < task["seconds"]:
        regret.append(_regret(start, utility, task["steps"], seed=1 + len(regret)))
        spent = time.process_time() - began
    found = {
        "steps_per_second": task["steps"] * len(regret) / spent,
        "regret": float(np.mean([run.sum() for run in regret])),
        "version": metadata.version(package),
        "law": law,
    }
    print("\n" + json.dumps(found))


def _regret(start: Start, utility: np.ndarray, steps: int, seed: int) -> np.ndarray:
    """One run: the regret of each step."""
    worth = utility.reshape(-1)
    choose, learn = start(*utility.shape, seed)
    means, noise = worth.tolist(), np.random.default_rng(seed).normal(size=steps).tolist()
    arms = []
    for step in range(steps):
        arm = int(choose())
        learn(arm, means[arm] + noise[step])
        arms.append(arm)
    return worth.max() - worth[arms]

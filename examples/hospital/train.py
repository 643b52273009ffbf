"""A training run as anyone may have it: knows nothing of dashjax, and prints one number.

`python train.py --data data/north-0.npz --seed 1` trains on our own patients and on the dataset,
and prints by how much that is better than our own patients alone, in accuracy.
"""

import argparse

import numpy as np
from sklearn.linear_model import LogisticRegression


def load(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels of a file."""
    with np.load(path) as file:
        return file["x"], file["y"]


def accuracy(x: np.ndarray, y: np.ndarray) -> float:
    """Of a model of these patients, on those kept for validation."""
    return float(LogisticRegression(max_iter=500).fit(x, y).score(*load("data/validation.npz")))


parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--seed", type=int, default=0)
options = parser.parse_args()

x, y = load("data/local.npz")
more_x, more_y = load(options.data)
draw = np.random.default_rng(options.seed)
some = draw.choice(len(more_y), len(more_y) * 4 // 5, replace=False)  # what differs between seeds
gain = accuracy(np.concatenate([x, more_x[some]]), np.concatenate([y, more_y[some]]))
print(f"gain {gain - accuracy(x, y):.4f}")

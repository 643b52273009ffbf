"""A small pool folder that tests write for themselves."""

from pathlib import Path

import numpy as np

CUT = ["--local", "12", "--validation", "24", "--test", "16", "--candidates", "2", "--side", "8"]
TRAINING = [
    *["--local-steps", "12", "--fine-tuning-steps", "12", "--retrain-steps", "12"],
    *["--selection-steps", "12", "--batch", "8", "--validation-batch", "8"],
    *["--candidate-sample", "8", "--convolution-widths", "2", "3", "--dense-width", "8"],
    *["--learning-rate", "0.02"],
]


def domain(seed: int, train: int = 90, test: int = 20) -> dict[str, np.ndarray]:
    """Grey images of three classes that differ by a pattern of the domain's own."""
    draw = np.random.default_rng(seed)
    labels = np.arange(train + test) % 3
    patterns = draw.integers(0, 200, (3, 8, 8))
    images = (patterns[labels] + draw.integers(0, 55, (train + test, 8, 8))).astype(np.uint8)
    return {
        "x_train": images[:train],
        "y_train": labels[:train],
        "x_test": images[train:],
        "y_test": labels[train:],
    }


def write(folder: Path, *names: str) -> Path:
    """A pool folder with one domain a name."""
    folder.mkdir(exist_ok=True)
    for seed, name in enumerate(names):
        np.savez(folder / f"{name}.npz", **domain(seed))
    return folder

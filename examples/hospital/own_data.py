"""A hospital's own patients and twelve datasets of four others, as CSV files; no network.

Run it with `python own_data.py`, then
`dashjax choose --target mine.csv --candidates hospitals --take 3`.
North and east offer good data, one dataset of south has its labels shuffled, and west measures with
another device. It is scikit-learn's breast cancer data, cut into pieces.
"""

import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

HOSPITALS = ("north", "east", "south", "west")
EACH, PATIENTS, OWN = 3, 25, 80  # datasets of a hospital, patients in each, and of our own


def write(path: Path, x: np.ndarray, y: np.ndarray) -> None:
    """Patients as rows; some measurements are missing, as they are in hospitals."""
    names = [name.replace(" ", "_") for name in load_breast_cancer().feature_names]
    path.parent.mkdir(exist_ok=True, parents=True)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*names[: x.shape[1]], "diagnosis"])
        for patient, label in zip(x, y, strict=True):
            values = ["" if np.isnan(value) else f"{value:.5g}" for value in patient]
            rows.writerow([*values, ("malignant", "benign")[label]])


def main() -> None:
    """Writes `mine.csv` and `hospitals/GROUP/DATASET.csv`."""
    draw = np.random.default_rng(1)
    inputs, labels = load_breast_cancer(return_X_y=True)
    inputs, order = inputs[:, :10].copy(), draw.permutation(len(labels))
    inputs[draw.random(inputs.shape) < 0.02] = np.nan
    write(Path("mine.csv"), inputs[order[:OWN]], labels[order[:OWN]])
    rest = iter(np.split(order[OWN:], range(PATIENTS, len(order) - OWN, PATIENTS)))
    for hospital in HOSPITALS:
        for number in range(EACH):
            chosen = next(rest)
            x, y = inputs[chosen], labels[chosen]
            if (hospital, number) == ("south", 1):
                y = draw.permutation(y)
            if hospital == "west":
                x = 2 * np.nanmean(x, 0) - x
            write(Path("hospitals") / hospital / f"{number}.csv", x, y)


if __name__ == "__main__":
    main()

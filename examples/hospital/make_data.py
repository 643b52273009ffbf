"""Four hospitals that offer datasets, made of scikit-learn's breast cancer data; no network.

Run it with `python make_data.py`: it writes the folder `data` and the list of datasets, `pool.csv`.
North and east offer good data, one dataset of south has its labels shuffled, and west measures with
another device, in other patients.
"""

import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

HOSPITALS = ("north", "east", "south", "west")
EACH, PATIENTS, LOCAL = 3, 25, 8  # datasets of a hospital, patients in each, and of our own


def main() -> None:
    """Writes `data/*.npz` and `pool.csv`."""
    draw = np.random.default_rng(1)
    inputs, labels = load_breast_cancer(return_X_y=True)
    inputs = StandardScaler().fit_transform(inputs)
    order = draw.permutation(len(labels))
    folder = Path("data")
    folder.mkdir(exist_ok=True)
    rows = [("dataset", "group", "size")]
    for place, hospital in enumerate(HOSPITALS):
        for number in range(EACH):
            start = (place * EACH + number) * PATIENTS
            chosen = order[start : start + PATIENTS]
            x, y = inputs[chosen], labels[chosen]
            if (hospital, number) == ("south", 1):
                y = draw.permutation(y)
            if hospital == "west":
                x = -0.5 * x + draw.normal(0, 1, x.shape)
            np.savez(folder / f"{hospital}-{number}.npz", x=x, y=y)
            rows.append((f"{hospital}-{number}", hospital, len(y)))
    rest = order[len(HOSPITALS) * EACH * PATIENTS :]
    for name, chosen in (("local", rest[:LOCAL]), ("validation", rest[LOCAL:])):
        np.savez(folder / f"{name}.npz", x=inputs[chosen], y=labels[chosen])
    with open("pool.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main()

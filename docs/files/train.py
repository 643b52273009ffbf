"""In place of a training run: prints the gain that a dataset brings, with noise."""

import random
import sys

dataset, seed = sys.argv[1], sys.argv[2]
group, name = dataset.split("-")
worth = {"north": 0.08, "south": 0.02, "west": -0.01, "east": 0.05}[group] - 0.02 * (ord(name) - 97)
print("gain", worth + random.Random(f"{dataset} {seed}").gauss(0, 0.01))

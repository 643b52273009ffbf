"""The four hospitals of examples/: the data are made, and the training says what they are worth."""

import subprocess
import sys
from pathlib import Path

from dashjax.study.candidates import candidates_of
from dashjax.study.program import Program

EXAMPLE = Path(__file__).parents[1] / "examples" / "hospital"


def test_shuffled_labels_and_another_device_do_harm(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, str(EXAMPLE / "make_data.py")], check=True)
    pool = candidates_of("pool.csv")
    train = f"{sys.executable} {EXAMPLE / 'train.py'} --data data/{{dataset}}.npz --seed {{seed}}"
    gains = {}
    for dataset in ("north-0", "south-1", "west-0"):
        values = {"dataset": dataset, "group": "", "target": "", "seed": 1, "trial": 1}
        outcome = Program(train).run(values, tmp_path / "log.out")
        assert outcome.reward is not None, outcome.reason
        gains[dataset] = outcome.reward

    assert len(pool) == 12
    assert {one.group for one in pool} == {"north", "east", "south", "west"}
    assert gains["north-0"] > 0.02
    assert max(gains["south-1"], gains["west-0"]) < -0.1

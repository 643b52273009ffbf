"""Anyone's program as a look: one argument stays one argument, and what it says is understood."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from dashjax.errors import InputError
from dashjax.study.program import Program, reward_in
from dashjax.study.worker_names import WorkerNames

NASTY = ("a b", "it's", 'say "x"', "{seed}{}", "$(touch pwned)", "; rm -rf x", "*", "-v", "ü\n2")


def values(dataset: str) -> dict:
    return {"dataset": dataset, "group": "g", "target": "t", "seed": 3, "trial": 3}


@pytest.mark.parametrize("name", NASTY)
def test_a_name_reaches_the_program_as_one_argument(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    show = "import sys, os; print(sys.argv[1:] == [v, 'x=' + v + '/3'] if (v := os.environ"
    code = f"{show}['DASHJAX_DATASET']) else 0); print('reward', len(sys.argv))"
    program = Program(f'{sys.executable} -S -c "{code}" {{dataset}} x={{dataset}}/{{seed}}')
    outcome = program.run(values(name), tmp_path / "one.out")

    assert outcome.reward == 3, outcome
    assert (tmp_path / "one.out").read_text().startswith("True\n")
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("text", "reward"),
    [
        ("epoch 1: 0.25\nepoch 2: 0.5", 0.5),
        ('{"reward": 0.75, "n": 3}\ntook 12 s', 0.75),
        ("accuracy=93.5%", 93.5),
        ("loss -1.5e-3", -0.0015),
        ("+.5", 0.5),
        ("v2 model_3 0.1", 0.1),
        ('{broken "reward": 1}\n7', 7),
    ],
)
def test_the_reward_is_the_last_number(text, reward):
    assert reward_in(text).reward == reward


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "printed no number"),
        ("done\nall is well\n", "printed no number: all is well"),
        ("0.5\nloss nan", "printed 'nan'"),
        ("1e999", "printed '1e999'"),
        ('{"reward": "much"}', "printed the reward 'much'"),
        ('{"reward": true}', "printed the reward True"),
        ('{"reward": NaN}', "printed the reward nan"),
    ],
)
def test_what_is_no_reward_is_said(text, reason):
    assert reward_in(text).reward is None
    assert reward_in(text).reason.startswith(reason)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; print(0.5); sys.exit(3)", "ended with status 3: 0.5"),
        ("raise ValueError('no such file')", "ended with status 1: ValueError: no such file"),
        ("import os; os.kill(os.getpid(), 11)", "was killed by SIGSEGV"),
        ("import time; time.sleep(60)", "stopped after 0.3 s"),
    ],
)
def test_a_program_that_fails_says_why(code, reason, tmp_path):
    program = Program(
        f'{sys.executable} -S -c "{code}" {{dataset}}', timeout=0.3 if "60" in code else None
    )
    began = time.monotonic()
    outcome = program.run(values("a"), tmp_path / "one.out")

    assert outcome.reward is None
    assert outcome.reason.startswith(reason)
    assert time.monotonic() - began < 8


def test_all_programs_can_be_ended_at_once(tmp_path):
    program = Program(f"{sys.executable} -S -c 'import time; time.sleep(60)' {{dataset}}")
    outcomes = []
    names = [tmp_path / f"{number}.out" for number in range(2)]
    threads = [
        threading.Thread(target=lambda log=log: outcomes.append(program.run(values("a"), log)))
        for log in names
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    program.end_all()
    for thread in threads:
        thread.join()

    assert [outcome.reward for outcome in outcomes] == [None, None]
    assert program.run(values("a"), tmp_path / "late.out").reward is None
    assert time.monotonic() - began < 4


def test_a_program_that_is_not_there_is_said(tmp_path):
    outcome = Program("no-such-program {dataset}").run(values("a"), tmp_path / "one.out")
    assert outcome.reason == "could not be started: no-such-program: No such file or directory"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("python x.py {datset}", r"\{datset\} \(did you mean 'dataset'\?\)"),
        ("python x.py", "does not say where the dataset goes"),
        ("python 'x.py {dataset}", "check its quotes"),
        ("  ", "is empty"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(command, sentence):
    with pytest.raises(InputError, match=sentence):
        Program(command)


def test_a_program_ends_with_the_one_that_started_it(tmp_path):
    started, sleeper = tmp_path / "pid", tmp_path / "sleeper.py"
    sleeper.write_text(
        f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    code = f"""
        import pathlib
        from dashjax.study.program import Program
        values = dict(dataset="a", group="g", target="t", seed=1, trial=1)
        program = Program({f"{sys.executable} -S {sleeper} {{dataset}}"!r})
        program.run(values, pathlib.Path({str(tmp_path / "one.out")!r}))
    """
    runner = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    for _ in range(200):
        if started.exists() and started.read_text():
            break
        time.sleep(0.05)
    child = int(started.read_text())
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    for _ in range(100):
        if not os.path.exists(f"/proc/{child}"):
            return
        time.sleep(0.05)
    raise AssertionError("the program outlives the one that started it")


def test_two_processes_do_not_share_a_workers_name_and_a_restart_gets_it_again():
    study = f"test {os.getpid()} {time.time()}"
    one, other = WorkerNames("host", study), WorkerNames("host", study)
    assert one.claim(2) == ["host-0", "host-1"]
    assert other.claim(2) == ["host-2", "host-3"]
    assert not other.is_mine_or_free("host-1")
    assert not other.is_mine_or_free("elsewhere-7")
    assert other.is_mine_or_free("host-7")
    one.release()
    again = WorkerNames("host", study)
    assert again.claim(1) == ["host-0"]
    again.release()
    other.release()

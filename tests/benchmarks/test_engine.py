import itertools
import json
import math
import subprocess
import sys
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from worlds import SQUARE, pool_of

from benchmarks import engine, generator, replay, scaling
from benchmarks.engine import Case
from benchmarks.yardsticks import compiled
from dashjax.cli.exit import ending
from dashjax.engine import threefry
from dashjax.errors import InputError
from dashjax.report.figures import style
from dashjax.store.identity import Cell, Identity
from dashjax.store.table_writer import writing

SAID = """\
#=============================================================================#
   rng_name    |rands/second|   Seed   |
stdin_input_raw|  3.36e+07  |1830914254|
#=============================================================================#
        test_name   |ntup| tsamples |psamples|  p-value |Assessment
#=============================================================================#
          sts_serial|   1|    100000|     100|0.32738200|  PASSED
          sts_serial|   2|    100000|     100|0.00100000|   WEAK
"""


@pytest.mark.parametrize("rounds", [13, 20])
def test_one_after_another_come_the_numbers_of_one_key(rounds):
    blocks = islice(generator.one_after_another(rounds), 2)

    expected = jax.random.bits(threefry.key(0, rounds), (2 * generator.WORDS,), jnp.uint32)
    np.testing.assert_array_equal(np.concatenate(list(blocks)), expected)


def test_by_run_come_the_numbers_of_runs_side_by_side():
    first, second = islice(generator.by_run(13), 2)

    assert first.shape == (generator.STEPS, generator.NUMBERS, generator.RUNS)
    for block, run, place in ((first, 0, 0), (first, 7, 7), (second, generator.RUNS + 3, 3)):
        for step in (0, 1, generator.STEPS - 1):
            key = jax.random.fold_in(jax.random.fold_in(threefry.key(0), run), step)
            expected = jax.random.bits(key, (generator.NUMBERS,), jnp.uint32)
            np.testing.assert_array_equal(block[step, :, place], expected)


def test_a_reader_that_goes_ends_it_quietly():
    words = [sys.executable, "-m", "benchmarks.generator"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as source:
        assert source.stdout
        assert source.stderr
        read = source.stdout.read(400)
        source.stdout.close()
        complaint = source.stderr.read()

    assert (source.returncode, complaint) == (0, b"")
    expected = jax.random.bits(threefry.key(0), (100,), jnp.uint32)
    np.testing.assert_array_equal(np.frombuffer(read, np.uint32), expected)


def test_without_dieharder_one_sentence_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["generator", "--battery", "short", "--out", str(tmp_path)])

    assert ending(generator.main) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "apt-get install dieharder" in sentence
    assert not list(tmp_path.iterdir())


def test_what_dieharder_says_becomes_rows():
    rows = generator.parsed(SAID)

    assert [(row["test"], row["size"], row["p"], row["assessment"]) for row in rows] == [
        ("sts_serial", 1, 0.327382, "PASSED"),
        ("sts_serial", 2, 0.001, "WEAK"),
    ]
    assert generator.table([{"order": "by run"} | row for row in rows]).row_count == 2


def made_up_row(case: Case, peak_bytes=None):
    return {
        "series": case.name,
        "method": case.method,
        "runs": case.runs or 512,
        "datasets": case.groups * case.slots,
        "steps": case.steps,
        "steps_per_second": 1e7 / (case.groups * case.slots) ** 0.5,
        "peak_bytes": peak_bytes,
        "compile_seconds": 1.5,
        "seconds": [1.0, 2.0, 3.0],
    }


def test_table_and_picture_show_every_point():
    rows = [made_up_row(case, 4e8) for case in scaling.RUNS] + [*map(made_up_row, scaling.OTHERS)]

    assert scaling.table(rows).row_count == len(rows)
    with style.applied():
        figure = scaling.picture(rows)
        FigureCanvasAgg(figure).draw()
    assert [len(axes.lines) for axes in figure.axes] == [1, 1, 1]
    assert sum(np.size(line.get_xdata()) for axes in figure.axes for line in axes.lines) == len(
        rows
    )
    assert [text.get_text() for text in figure.axes[0].texts].count("400 MB") == len(scaling.RUNS)


def test_quick_leaves_out_the_largest_of_every_line():
    left = scaling.smaller(scaling.RUNS + scaling.OTHERS)

    assert max(case.runs for case in left) == 10**5
    assert max(case.steps for case in left) == 10**3
    joint = [case.groups * case.slots for case in left if case.method == "joint-ts"]
    assert max(joint) == 100


@pytest.mark.parametrize(
    "case",
    [
        Case("runs", "flat", 5, 3, 4, 2),
        Case("datasets", "joint-ts", 4, 3, 4, 16),
    ],
    ids=lambda case: case.name,
)
def test_a_case_is_measured(case):
    row = scaling.measure(case)

    assert (row["runs"], row["datasets"], row["steps"]) == (
        case.runs,
        case.groups * case.slots,
        case.steps,
    )
    assert row["steps_per_second"] == pytest.approx(case.runs * 4 / sorted(row["seconds"])[1])


needs_compiler = pytest.mark.skipif(not compiled.available(), reason="there is no C compiler")
GROUP_SD, ARM_SD, NOISE_SD = 1.7, 1.3, 0.7
STEPS = 40  # no multiple of the 16 that are written at a time
POOLS = {"few slots": (5, 3), "as many slots as lanes": (3, 16), "many slots": (4, 21)}
STANDARD_ERRORS = 4.5


def utility_of(groups, slots):
    drawn = np.random.default_rng(5)
    return 2 + drawn.normal(size=(groups, 1)) + drawn.normal(size=(groups, slots))


def in_c(utility, runs, *, two_levels, steps=STEPS, seed=0):
    arms, regret = np.full((runs, steps), -1, np.int32), np.full((runs, steps), -1, np.float32)
    if two_levels:
        sds = GROUP_SD, ARM_SD, NOISE_SD
        compiled.two_level(utility, steps, runs, *sds, arms, regret, seed)
    else:
        compiled.flat(utility.reshape(-1), steps, runs, ARM_SD, NOISE_SD, arms, regret, seed)
    return arms, regret


def in_numpy(utility, runs, *, two_levels):
    """Arms pulled: the posterior computed anew from counts and sums in every step."""
    drawn = np.random.default_rng(11)
    count, total = np.zeros((2, runs, *utility.shape))
    everyone, pulled = np.arange(runs), []
    for _ in range(STEPS):
        above = np.zeros((runs, utility.shape[0]))
        if two_levels:
            spread = NOISE_SD**2 + count * ARM_SD**2
            precision = GROUP_SD**-2 + (count / spread).sum(2)
            mean = (total / spread).sum(2) / precision
            above = mean + drawn.normal(size=mean.shape) / np.sqrt(precision)
        precision = ARM_SD**-2 + count / NOISE_SD**2
        mean = (above[..., None] / ARM_SD**2 + total / NOISE_SD**2) / precision
        value = mean + drawn.normal(size=mean.shape) / np.sqrt(precision)
        if two_levels:
            value[np.arange(utility.shape[0]) != above.argmax(1)[:, None]] = -np.inf
        arm = value.reshape(runs, -1).argmax(1)
        at = everyone, *np.unravel_index(arm, utility.shape)
        count[at] += 1
        total[at] += utility[at[1:]] + NOISE_SD * drawn.normal(size=runs)
        pulled.append(arm)
    return np.stack(pulled, 1)


def assert_same_mean(one, other):
    """Within the standard errors of both; a run a row."""
    error = np.hypot(*(part.std(0) / len(part) ** 0.5 for part in (one, other)))
    assert (np.abs(one.mean(0) - other.mean(0)) <= STANDARD_ERRORS * error + 1e-6).all()


@needs_compiler
@pytest.mark.parametrize("two_levels", [False, True], ids=["flat", "two levels"])
@pytest.mark.parametrize("pool", POOLS)
def test_loops_in_c_have_the_law_of_plain_numpy(pool, two_levels):
    utility = utility_of(*POOLS[pool])
    arms, regret = in_c(utility, 40_000, two_levels=two_levels)
    expected = in_numpy(utility, 10_000, two_levels=two_levels)

    lost = utility.max() - utility.reshape(-1)[expected]
    assert_same_mean(regret, lost)
    assert_same_mean(regret.sum(1), lost.sum(1))
    for arm in range(utility.size):
        assert_same_mean((arms == arm).mean(1), (expected == arm).mean(1))
    for step in (0, STEPS - 1):
        seen = arms[:, step, None], expected[:, step, None]
        assert_same_mean(*(pulled == np.arange(utility.size) for pulled in seen))


@needs_compiler
@pytest.mark.parametrize("two_levels", [False, True], ids=["flat", "two levels"])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(("runs", "steps"), [(1, 1), (21, 37), (32, 16)])
def test_loops_in_c_fill_every_run_and_step(pool, two_levels, runs, steps):
    utility = utility_of(*POOLS[pool])
    arms, regret = in_c(utility, runs, two_levels=two_levels, steps=steps)
    more, _ = in_c(utility, runs + 16, two_levels=two_levels, steps=steps)
    other, _ = in_c(utility, runs + 16, two_levels=two_levels, steps=steps, seed=1)

    worth = utility.astype(np.float32).reshape(-1)
    assert 0 <= arms.min() <= arms.max() < worth.size
    np.testing.assert_array_equal(regret, worth.max() - worth[arms])
    np.testing.assert_array_equal(arms, more[:runs])
    assert not np.array_equal(more, other)
    assert len(np.unique(more, axis=0)) > 1


@needs_compiler
def test_a_loop_in_c_writes_nothing_beyond_what_is_given():
    arms, regret = np.full((22, STEPS), -7, np.int32), np.full((22, STEPS), -7, np.float32)
    compiled.flat(utility_of(5, 3), STEPS, 21, ARM_SD, NOISE_SD, arms[:21], regret[:21])

    assert (arms[:21] >= 0).all()
    assert (arms[21] == -7).all()
    assert (regret[21] == -7).all()
    with pytest.raises(ValueError, match="22 x 40"):
        compiled.flat(utility_of(5, 3), STEPS, 22, ARM_SD, NOISE_SD, arms[:21], regret[:21])


@needs_compiler
def test_normals_in_c_have_the_normal_moments_and_tails():
    drawn = compiled.normals(2**24).astype(np.float64)
    lanes = drawn.reshape(-1, 16)

    powers = {1: (0, 1), 2: (1, 2), 3: (0, 15), 4: (3, 96), 6: (15, 10170)}  # mean, variance
    for power, (mean, var) in powers.items():
        error = (var / drawn.size) ** 0.5
        assert abs((drawn**power).mean() - mean) < STANDARD_ERRORS * error
    for bound in (0.01, 0.1, 0.5, 1, 2, 3, 4, 4.5, 5):
        chance = math.erfc(bound / 2**0.5) / 2
        for share in ((drawn > bound).mean(), (drawn < -bound).mean()):
            error = (chance * (1 - chance) / drawn.size) ** 0.5
            assert abs(share - chance) < STANDARD_ERRORS * error
    assert np.abs(np.corrcoef(lanes.T) - np.eye(16)).max() < 5 / len(lanes) ** 0.5
    for gap in (1, 2, 3):
        related = (lanes[gap:] * lanes[:-gap]).mean()
        assert abs(related) < STANDARD_ERRORS / drawn.size**0.5


@needs_compiler
def test_the_polynomials_give_the_quantile_of_every_tail():
    """In all octaves, and one joins the next."""
    from scipy.stats import norm

    octave = np.repeat(np.arange(31), 101)
    x = np.tile(np.linspace(-0.5, 0.5, 101), 31)
    found = np.polynomial.polynomial.polyval(
        x, compiled._polynomial()[:, (octave + 127) % 32], tensor=False
    )
    expected = norm.isf(2.0 ** (octave - 32) * (1.5 + x))
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


@pytest.fixture
def fresh():
    """Compiled anew in the test, and again after it."""
    for made in (compiled.library, engine._compiles):
        made.cache_clear()
    yield
    for made in (compiled.library, engine._compiles):
        made.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_without_a_compiler_there_are_no_loops_in_c(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not compiled.available()
    assert engine._in_c(engine.CASES[0], 1, 16) is None
    with pytest.raises(InputError, match="install one of cc, gcc, clang"):
        compiled.library()


@needs_compiler
@pytest.mark.usefixtures("fresh")
def test_loops_in_c_that_do_not_compile_are_said_in_one_sentence(tmp_path, monkeypatch, capsys):
    broken = tmp_path / "broken.c"
    broken.write_text("int flat(void) { return }\nint two(void) { return }\n")
    monkeypatch.setattr(compiled, "SOURCE", broken)

    assert engine._in_c(engine.CASES[0], 1, 16) is None
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "does not compile broken.c" in sentence


@needs_compiler
@pytest.mark.parametrize("case", engine.CASES, ids=lambda case: case.name)
def test_small_pools_have_a_loop_in_c_on_one_core(case):
    small = case.loop is not None and case.groups < 1000
    assert (engine._in_c(case, 1, 16) is not None) == small
    assert engine._in_c(case, 2, 16) is None


def test_the_table_of_speeds_leaves_out_what_was_not_measured():
    row = {"case": "a", "cores": 1, "ours": 2e6, "yardstick": 1e6, "ratio": 2.0}
    rows = [
        row | {"c": c, "ratio_to_c": c and 2e6 / c, "compile_seconds": 1.0} for c in (4e6, None)
    ]
    shown = engine.table(rows)

    cells = [list(column.cells) for column in shown.columns]
    assert cells[4:7] == [["2.00", "2.00"], ["4.00 M", "-"], ["0.50", "-"]]


def test_a_replay_is_timed_with_nothing_compiled_and_again(tmp_path, monkeypatch, capsys):
    pool, draw = pool_of(*SQUARE), np.random.default_rng(0)
    cells = itertools.starmap(Cell, itertools.product(pool.groups[:2], pool.datasets, range(2)))
    identity = Identity(pool, pool.groups, "fingerprint", "gain", {})
    with writing(tmp_path / "table", identity, {}) as writer:
        writer.add_rewards([(cell, float(draw.normal()), 1.0) for cell in cells])
    monkeypatch.setattr(replay, "METHODS", ("round-robin",))
    monkeypatch.setattr(replay, "STEPS", 3)
    words = ["replay", "--table", str(tmp_path / "table"), "--seeds", "5", "--times", "1", "--json"]
    monkeypatch.setattr(sys, "argv", [*words, "--out", str(tmp_path)])

    replay.main()

    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((tmp_path / "replay.json").read_text())
    assert [len(document["seconds"][name]) for name in ("first", "again")] == [1, 1]

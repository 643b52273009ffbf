import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import log_ndtr, ndtri
from worlds import quick_jit

from dashjax import large, sources, threefry
from dashjax.base import Aim
from dashjax.beliefs import exact
from dashjax.errors import InputError
from dashjax.gaussian import uniform_prior
from dashjax.large import LargePool, quantiles
from dashjax.large.blocks import BLOCK, Deck, best_of, blocks_for
from dashjax.policies import thompson, thompson_by_group
from dashjax.pool import Grouping
from dashjax.rollout import Agent, rollout
from dashjax.selection import top_k

SIZES = (5, 1, 8, 3, 5)
ARMS = sum(SIZES)
RUNS, STEPS = 3000, 30
LIMIT = 4.5  # standard errors
ALMOST_NEVER = 7e-6  # chance beyond them
MODES = pytest.mark.parametrize("by_group", [True, False], ids=["by group", "jointly"])
SCALES = [
    (1, 1.0, 1.0),
    (3, 1.0, 0.1),
    (1000, 1.0, 1.0),
    (50, 0.02, 1.0),
    (10**6, 1.0, 1.0),
    (10**6, 1.0, 0.02),
]


@functools.cache
def prior_of(groups):
    with jax.ensure_compile_time_eval():  # it may be called first within a compilation
        return uniform_prior(groups, group_mean=2.0, group_sd=1.0, arm_sd=0.7, noise_sd=0.8)


def truth(arms=ARMS):
    return jnp.asarray(np.random.default_rng(3).normal(2, 1, arms), jnp.float32)


def explored(key, sizes=SIZES, steps=STEPS, *, by_group):
    pool, prior = LargePool(sizes), prior_of(len(sizes))
    return large.explore(key, pool, prior, truth(pool.arms), steps=steps, by_group=by_group)


@functools.cache
def runs(by_group):
    keys = jax.random.split(threefry.key(1), RUNS)
    batched = quick_jit(jax.vmap(functools.partial(explored, by_group=by_group)))
    return jax.tree.map(np.asarray, batched(keys))


def dense_runs(by_group):
    grouping = Grouping(tuple(np.repeat(range(len(SIZES)), SIZES).tolist()), tuple("abcde"))
    aim = Aim(1, STEPS)
    prior = prior_of(len(SIZES))

    @quick_jit
    @jax.vmap
    def batched(key):
        belief = exact(prior, grouping)
        policy = (thompson_by_group if by_group else thompson)(belief, aim)
        source = sources.gaussian(sources.fixed(truth()), prior.noise_var)
        return rollout(key, Agent(belief, policy), source, aim=aim, choose=top_k(1))

    return jax.tree.map(np.asarray, batched(jax.random.split(threefry.key(2), RUNS)))


def pulls(run):
    return np.stack([np.bincount(arms, minlength=ARMS) for arms in run.arm]).astype(float)


def known(run):
    """How many arms of each group were pulled by some steps."""
    begins, counts = np.cumsum([0, *SIZES[:-1]]), []
    for step in (5, 10, 20, STEPS):
        pulled = np.zeros((RUNS, ARMS))
        pulled[np.arange(RUNS)[:, None], run.arm[:, :step]] = 1
        counts.append(np.add.reduceat(pulled, begins, axis=1))
    return np.concatenate(counts, axis=1)


def repeated(run):
    """Whether the arm of one of the two steps before is pulled again."""
    return np.stack([run.arm[:, 2:] == run.arm[:, 2 - lag : -lag] for lag in (1, 2)], axis=1)


def assert_same_mean(one, other):
    """Means over runs, in standard errors of their difference."""
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / RUNS)
    assert (error > 0).all()
    assert (abs(one.mean(axis=0) - other.mean(axis=0)) < LIMIT * error).all()


@MODES
def test_it_has_the_law_of_the_dense_engine(by_group):
    sparse, dense = runs(by_group), dense_runs(by_group)

    assert_same_mean(sparse.regret, dense.regret)
    assert_same_mean(pulls(sparse), pulls(dense))
    assert_same_mean(known(sparse), known(dense))
    assert_same_mean(repeated(sparse), repeated(dense))


@MODES
def test_the_first_arm_is_by_chance_among_equals(by_group):
    ends = np.cumsum(SIZES)
    first = np.split(np.bincount(runs(by_group).arm[:, 0], minlength=ARMS), ends[:-1])
    groups = np.array([counts.sum() for counts in first])
    equals = groups if by_group else groups[[0, 4]]

    for counts in (equals, *(counts for counts in first if len(counts) > 1)):
        assert stats.chisquare(counts).pvalue > ALMOST_NEVER


@MODES
def test_a_new_arm_is_by_chance_among_the_unpulled(by_group):
    """The rank of a group's first, second, third new arm among those that were not pulled yet."""
    begin, size = SIZES[0] + SIZES[1], SIZES[2]
    arms = runs(by_group).arm - begin
    orders = [[a for a in dict.fromkeys(run.tolist()) if 0 <= a < size] for run in arms]

    for number in range(4):
        held = [order for order in orders if len(order) > number]
        ranks = [order[number] - sum(a < order[number] for a in order[:number]) for order in held]
        assert len(ranks) > 500
        counts = np.bincount(ranks, minlength=size - number)
        assert stats.chisquare(counts).pvalue > ALMOST_NEVER


@MODES
def test_rewards_are_the_truth_with_noise(by_group):
    run = runs(by_group)
    noise = run.reward - np.asarray(truth())[run.arm]

    assert stats.kstest(noise[:, 0] / 0.8, "norm").pvalue > ALMOST_NEVER
    np.testing.assert_allclose(run.regret, np.asarray(truth().max() - truth()[run.arm]), rtol=1e-6)


@pytest.mark.parametrize("sizes", [(1,), (3, 1, 1)], ids=["one arm", "few"])
@MODES
def test_a_pool_may_be_pulled_up(sizes, by_group):
    keys, arms = jax.random.split(threefry.key(5), 100), sum(sizes)
    one = functools.partial(explored, sizes=sizes, steps=40, by_group=by_group)
    run = jax.tree.map(np.asarray, quick_jit(jax.vmap(one))(keys))
    known = [len(set(pulled.tolist())) for pulled in run.arm[:, :20]]

    assert known.count(arms) > 10
    assert ((run.arm >= 0) & (run.arm < arms)).all()
    assert all(np.isfinite(field).all() for field in run)


@MODES
def test_a_longer_run_begins_like_a_shorter_one_alone_or_in_a_batch(by_group):
    key = jax.random.split(threefry.key(1), RUNS)[7]
    longer = explored(key, steps=BLOCK + 36, by_group=by_group)  # more blocks, and not compiled

    for short, long in zip(runs(by_group), longer, strict=True):
        np.testing.assert_allclose(short[7], long[:STEPS], rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, BLOCK, 128 * BLOCK, 128 * BLOCK + 1, 130 * BLOCK])
def test_the_best_of_a_long_buffer(count):
    random = np.random.default_rng(count)
    values = random.normal(size=130 * BLOCK).astype(np.float32)
    positions = random.integers(0, 2000, len(values)).astype(np.int32)
    deck = Deck(jnp.asarray(positions), jnp.asarray(positions))
    filled = values[:count]

    @jax.jit
    @jax.vmap
    def found(count):
        return best_of(
            jnp.asarray(values),
            blocks_for(len(values)),
            count,
            lambda block, part: part.content,
            deck,
            jnp.asarray([7, 8], jnp.int32),
        )

    value, place, swaps = jax.tree.map(lambda x: x[0], found(jnp.asarray([count, count // 2])))

    if count:
        np.testing.assert_allclose(value, filled.max(), rtol=1e-5)
        np.testing.assert_allclose(values[place], filled.max(), rtol=2e-5)
    else:
        assert value < -1e37
    for wanted, swap in zip((7, 8), swaps, strict=True):
        assert swap == max([-1, *np.flatnonzero(positions[:count] == wanted)])


@pytest.mark.parametrize("count", [1, 2, 1000, 10**6])
def test_the_largest_of_some_normals(count):
    drawn = quantiles.largest_of(threefry.key(count), jnp.full(20_000, count))
    below = np.exp(count * log_ndtr(np.asarray(drawn, float)))  # uniform

    assert stats.kstest(below, "uniform").pvalue > ALMOST_NEVER
    assert stats.kstest((below[below > 0.99] - 0.99) * 100, "uniform").pvalue > ALMOST_NEVER


def test_the_tails_of_the_largest_are_fine():
    tail = 2.0 ** -np.linspace(1, 53, 500)
    above = np.concatenate([tail, 1 - tail[tail > 2**-31]])
    found = quantiles.upper_quantile(
        jnp.asarray(np.log1p(-above), jnp.float32), jnp.asarray(above, jnp.float32)
    )
    expected = np.where(above < 0.5, -ndtri(above), ndtri(1 - above))

    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize(("size", "group_sd", "arm_sd"), SCALES)
def test_quantiles_of_the_best_unseen_arm_are_those_of_quadrature(size, group_sd, arm_sd):
    table = quantiles.best_unseen(size, group_sd, arm_sd)
    spread = np.hypot(group_sd, arm_sd)

    def share(x, below):
        """P(X <= x), or P(X > x): the integral over the group's part, cut where it may be sharp."""

        def inside(z):
            log = size * log_ndtr((x - group_sd * z) / arm_sd)
            return stats.norm.pdf(z) * (np.exp(log) if below else -np.expm1(log))

        cuts = (x - arm_sd * np.array([0, 2, 4, 5, 6])) / group_sd
        cuts = np.unique(np.clip([-12, *cuts, 0, 12], -12, 12))
        parts = itertools.pairwise(cuts)
        return sum(integrate.quad(inside, *part, epsabs=0, epsrel=1e-10)[0] for part in parts)

    for log_odds in (-21.3, -5.01, -0.507, 0.993, 6.004, 20.02, 35.0):
        place = (log_odds - quantiles.LOWEST) / quantiles.STEP
        between = np.interp(place, np.arange(len(table)), table)
        at = np.log(share(between, True)) - np.log(share(between, False))
        slope = np.diff(table)[int(place)] / quantiles.STEP
        assert abs((at - log_odds) * slope) < 1e-5 * spread


def test_the_best_of_several_unseen_groups():
    sizes, number = np.array([1, 30]), np.array([3, 20])
    table = np.asarray([quantiles.best_unseen(int(size), 1.0, 0.5) for size in sizes], np.float32)
    keys = jax.random.split(threefry.key(0), 20_000)
    drawn = jax.jit(jax.vmap(quantiles.largest_unseen, (0, None, None)))(
        keys, jnp.asarray(number), jnp.asarray(table)
    )
    random = np.random.default_rng(0)

    for kind in range(2):
        shape = (5000, number[kind])
        arms = random.normal(0, 0.5, (*shape, sizes[kind])).max(axis=2)
        brute = (random.normal(size=shape) + arms).max(axis=1)
        assert stats.ks_2samp(drawn[:, kind], brute).pvalue > ALMOST_NEVER


def test_the_mistakes_it_names():
    def tried(sizes=(2, 3), change=lambda prior: prior, arms=5):
        pool, prior = LargePool(sizes), change(prior_of(len(sizes)))
        large.explore(threefry.key(0), pool, prior, truth(arms), steps=2, by_group=True)

    with pytest.raises(InputError, match="same prior"):
        tried(change=lambda prior: prior._replace(group_mean=jnp.asarray([0.0, 1.0])))
    with pytest.raises(InputError, match="above 0"):
        tried(change=lambda prior: prior._replace(arm_var=jnp.zeros(2)))
    with pytest.raises(InputError, match="5 arms, but there are 4"):
        tried(arms=4)
    with pytest.raises(InputError, match="outside of what is compiled"):
        jax.jit(lambda prior: tried(change=lambda _: prior))(prior_of(2))
    with pytest.raises(InputError, match="at least one arm"):
        tried(sizes=(2, 0))

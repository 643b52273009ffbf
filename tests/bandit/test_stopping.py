"""Stop rules on runs made by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from dashjax.bandit import stopping
from dashjax.bandit.stopping import Progress, Rule, all_of, any_of
from dashjax.bandit.stopping.rules import stop_step

ARMS = (0, 1, 0, 2, 1, 2)
NEVER = len(ARMS) + 1
SCORES = {
    "good": stopping.chance_good(0.01),
    "bound": stopping.bound_good(0.01),
    "loss": stopping.expected_loss(),
    "gain": stopping.best_gain(),
    "looks": stopping.fewest_looks(2),
}
AT_ONCE, CONFIRMED = stopping.good_selection_unconfirmed, stopping.good_selection(0.94, 0.01)


def progress(*, cost=(1.0,) * 6, changed=(1, 0, 0, 1, 0, 0), arms=3, **scores):
    """After each of six steps; scores by the name of what measures them."""
    last = [max(at for at in range(step + 1) if changed[at]) for step in range(6)]
    return Progress(
        step=jnp.arange(1, 7, dtype=jnp.int32),
        spent=jnp.cumsum(jnp.asarray(cost)),
        unchanged_for=jnp.arange(6) - jnp.asarray(last),
        unseen=jnp.asarray([arms - len(set(ARMS[: step + 1])) for step in range(6)]),
        scores={SCORES[name]: jnp.asarray(values) for name, values in scores.items()},
    )


def one_step(whole, at):
    scores = {score: values[at] for score, values in whole.scores.items()}
    return Progress(*(field[at] for field in whole[:-1]), scores)


RISING = (0.1, 0.5, 0.95, 0.94, 0.97, 0.99)
FALLING = (0.1, 0.05, 0.005, 0.02, 0.001, 0.0)


def at_steps(*steps):
    """A rule that holds after those steps alone."""
    return Rule("", (), lambda progress: jnp.isin(progress.step, jnp.asarray(steps, jnp.int32)))


@pytest.mark.parametrize(
    ("rule", "seen", "step"),
    [
        (stopping.budget(1), {}, 1),
        (stopping.budget(4), {}, 4),
        (stopping.budget(7), {}, NEVER),
        (stopping.cost(3.0), {}, 3),
        (stopping.cost(3.5), {}, 4),
        (stopping.cost(3.0), {"cost": (2.0, 0.5, 0.5, 1.0, 1.0, 1.0)}, 3),
        (stopping.cost(9.0), {"cost": (0.5,) * 6}, NEVER),
        (any_of(stopping.budget(5), stopping.cost(2.0)), {}, 2),
        (any_of(stopping.budget(2), stopping.cost(5.0)), {}, 2),
        (AT_ONCE(0.95, 0.01), {"good": RISING}, 3),
        (AT_ONCE(0.96, 0.01), {"good": RISING}, 5),
        (AT_ONCE(0.999, 0.01), {"good": RISING}, NEVER),
        (AT_ONCE(0.5, 0.01), {"good": (np.nan,) * 5 + (0.6,)}, 6),
        (CONFIRMED, {"good": RISING, "looks": (4,) * 6}, 5),  # not before its fifth step
        (CONFIRMED, {"good": RISING, "looks": (0, 1, 2, 3, 3, 4)}, 6),
        (CONFIRMED, {"good": RISING, "looks": (3,) * 6}, NEVER),
        (CONFIRMED, {"good": (0.9,) * 6, "looks": (9,) * 6}, NEVER),
        # a standard error of 256 draws is .0136 at .95 and .0127 at .957
        (CONFIRMED, {"good": (0.95,) * 5 + (0.957,), "looks": (9,) * 6}, 6),
        (stopping.good_selection_bound(0.95, 0.01), {"bound": RISING}, 3),
        (stopping.value_of_information(0.005), {"loss": FALLING}, 3),
        (stopping.value_of_information(0.004), {"loss": FALLING}, 5),
        (stopping.value_of_information(0.0), {"loss": FALLING}, 6),
        (stopping.knowledge_gradient_pays(0.06, 0.03), {"gain": FALLING, "loss": FALLING}, 3),
        (stopping.knowledge_gradient_pays(0.1, 0.01), {"gain": FALLING, "loss": FALLING}, 3),
        (stopping.knowledge_gradient_pays(0.003, 0.1), {"gain": FALLING, "loss": FALLING}, 5),
        (stopping.stable(1), {}, 2),
        (stopping.stable(2), {}, 3),
        (stopping.stable(3), {}, NEVER),
        (stopping.stable(3), {"changed": (1, 1, 0, 0, 0, 0)}, 5),
        (stopping.stable(5), {"changed": (1, 0, 0, 0, 0, 0)}, 6),
        (stopping.stable(6), {"changed": (1, 0, 0, 0, 0, 0)}, NEVER),
        (stopping.each_once(), {}, 4),
        (stopping.each_once(), {"arms": 2}, 2),
        (stopping.each_once(), {"arms": 4}, NEVER),
    ],
)
def test_a_rule_stops_after_the_first_step_at_which_it_holds(rule, seen, step):
    whole = progress(**seen)
    one_by_one = [rule.holds(one_step(whole, at)) for at in range(6)]

    assert int(stop_step(rule, whole)) == step
    assert stop_step(rule, whole).dtype == jnp.int32
    np.testing.assert_array_equal(rule.holds(whole), one_by_one)  # as a live study asks


@pytest.mark.parametrize(
    ("rule", "step"),
    [
        (at_steps(), NEVER),
        (at_steps(1, 2, 3, 4, 5, 6), 1),
        (at_steps(6), 6),
        (at_steps(2, 5), 2),
        (any_of(at_steps(5), at_steps(3, 4)), 3),
        (any_of(at_steps(), at_steps()), NEVER),
        (all_of(at_steps(2, 5), at_steps(3, 5, 6)), 5),
        (all_of(at_steps(2), at_steps(3)), NEVER),
        (all_of(at_steps(2, 3, 4), at_steps(3, 4), at_steps(4)), 4),
        (any_of(at_steps(2, 6)), 2),
        (any_of(all_of(at_steps(1, 5), at_steps(4, 5)), at_steps(6)), 5),
    ],
)
def test_rules_are_joined_step_by_step(rule, step):
    assert int(stop_step(rule, progress())) == step


def test_joined_rules_need_the_scores_of_all_each_once():
    good, loss = AT_ONCE(0.9, 0.01), stopping.value_of_information(0.01)
    stricter = AT_ONCE(0.95, 0.01)
    other = AT_ONCE(0.9, 0.02)

    assert all_of(good, loss, stricter).scores == (*good.scores, *loss.scores)
    assert len(any_of(good, other).scores) == 2
    assert stopping.budget(3).scores == ()


def test_the_same_numbers_give_the_same_rule():
    """So that a compiled sweep serves again, and a score is measured once for all its rules."""
    assert AT_ONCE(0.9, 0.01) is AT_ONCE(0.9, 0.01)
    assert stopping.chance_good(0.01) is stopping.chance_good(0.01)
    assert all_of(stopping.each_once(), stopping.stable(3)) is all_of(
        stopping.each_once(), stopping.stable(3)
    )
    assert stopping.chance_good(0.01) is not stopping.chance_good(0.02)


def test_numbers_that_are_named_or_usual_are_the_same_numbers():
    usual = stopping.chance_good(0.01)

    assert stopping.chance_good(tolerance=0.01) is usual
    assert stopping.chance_good(0.01, draws=256) is usual
    assert AT_ONCE(tolerance=0.01, probability=0.9).scores == (usual,)
    assert AT_ONCE(0.9, 0.01) is AT_ONCE(0.9, tolerance=0.01)

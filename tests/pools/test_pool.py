import jax.numpy as jnp
import numpy as np
import pytest
from worlds import RAGGED, SQUARE, pool_of

from dashjax.errors import InputError
from dashjax.pools.grouping import GROUPINGS, Grouping, single
from dashjax.pools.pool import Pool


def members(grouping):
    """The arms of every group."""
    return [[int(arm) for arm in arms if arm >= 0] for arms in grouping.arm]


def test_perfect_is_the_pool_as_it_came(ragged_pool):
    grouping = ragged_pool.regroup("perfect")

    assert members(grouping) == [[0, 1], [2, 3, 4, 5], [6], [7, 8, 9]]
    assert grouping == ragged_pool.grouping
    assert grouping.names == ragged_pool.groups


def test_mixed_gives_every_first_dataset_to_the_group_before(square_pool):
    """(mn1, mn2, mm0), as in the paper."""
    grouping = square_pool.regroup("mixed")

    assert members(grouping) == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12], [0, 13, 14]]
    assert grouping.names[0] == "group 0+group 1"
    assert grouping.names[4] == "group 4+group 0"


def test_mixed_keeps_no_group_empty_where_groups_differ_in_size(ragged_pool):
    assert members(ragged_pool.regroup("mixed")) == [[1, 2], [3, 4, 5, 6], [7], [0, 8, 9]]


def test_crossed_has_one_dataset_of_each_group_in_every_group(square_pool, ragged_pool):
    assert members(square_pool.regroup("crossed")) == [
        [0, 3, 6, 9, 12],
        [1, 4, 7, 10, 13],
        [2, 5, 8, 11, 14],
    ]
    assert members(ragged_pool.regroup("crossed")) == [[0, 2, 6, 7], [1, 3, 8], [4, 9], [5]]


def test_shuffled_keeps_sizes_and_is_decided_by_its_seed(ragged_pool):
    first, again, other = (ragged_pool.regroup("shuffled", seed) for seed in (0, 0, 1))

    assert [len(arms) for arms in members(first)] == [2, 4, 1, 3]
    assert first == again
    assert first != other
    assert first.group != ragged_pool.group


def test_single_is_one_group(ragged_pool):
    assert members(ragged_pool.regroup("single")) == [list(range(10))]
    assert ragged_pool.regroup("single") == single(10)


@pytest.mark.parametrize("kind", GROUPINGS)
@pytest.mark.parametrize("sizes", [(3,), (1,), (1, 1, 1), (4, 1)])
def test_small_pools_can_be_grouped_in_every_way(kind, sizes):
    grouping = pool_of(*sizes).regroup(kind)

    assert sorted(arm for arms in members(grouping) for arm in arms) == list(range(sum(sizes)))


@pytest.mark.parametrize("kind", GROUPINGS)
@pytest.mark.parametrize("sizes", [SQUARE, RAGGED])
def test_an_arm_is_found_at_its_place(sizes, kind):
    grouping = pool_of(*sizes).regroup(kind)
    arms = np.arange(grouping.arms)
    group = np.asarray(grouping.group)
    by_group = 10.0 * jnp.arange(grouping.groups, dtype=float)

    np.testing.assert_array_equal(grouping.arm[group, grouping.slot], arms)
    np.testing.assert_array_equal(grouping.to_arms(jnp.asarray(grouping.arm)), arms)
    np.testing.assert_array_equal(grouping.spread(by_group), 10.0 * group)
    assert grouping.mask.sum() == grouping.arms


def test_only_whole_rows_in_turn_are_in_order(square_pool, ragged_pool):
    assert square_pool.grouping.in_order
    assert not square_pool.regroup("mixed").in_order
    assert not ragged_pool.grouping.in_order


def test_equal_groupings_are_one_constant_to_jax(square_pool):
    other = pool_of(3, 3, 3, 3, 3)

    assert hash(other.grouping) == hash(square_pool.grouping)
    assert other.grouping == square_pool.grouping


def pool(**changes):
    fields = {
        "datasets": ("a", "b"),
        "groups": ("x", "y"),
        "group": (0, 1),
        "sizes": (5, 5),
        "costs": (1.0, 1.0),
    }
    return Pool(**fields | changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"group": (0, 0)}, "group 'y' has no dataset; leave it out or add one to it"),
        ({"group": (0, 1, 1)}, "one group, size and cost for each dataset"),
        ({"costs": (1.0,)}, "one group, size and cost for each dataset"),
        ({"datasets": ("a", "a")}, "two datasets named 'a'; rename one"),
        ({"groups": ("x", "x")}, "two groups named 'x'; rename one"),
        ({"costs": (1.0, -2.0)}, "dataset 'b' has cost -2.0; a cost must be above 0"),
        ({"costs": (0.0, 1.0)}, "dataset 'a' has cost 0.0; a cost must be above 0"),
        ({"costs": (float("nan"), 1.0)}, "dataset 'a' has cost nan"),
        ({"costs": (float("inf"), 1.0)}, "dataset 'a' has cost inf"),
        ({"costs": (1e39, 1.0)}, "dataset 'a' has cost 1e.39; give costs from 1e-30 to 1e"),
        ({"groups": ("x",)}, "a dataset names group 1 of 1 groups"),
        ({"groups": ("x",), "group": (0, -1)}, "a dataset names group -1 of 1 groups"),
        (
            {"datasets": (), "groups": (), "group": (), "sizes": (), "costs": ()},
            "at least one dataset",
        ),
    ],
)
def test_a_pool_that_makes_no_sense_is_refused(changes, sentence):
    assert pool().group == (0, 1)
    with pytest.raises(InputError, match=sentence):
        pool(**changes)


def test_an_unknown_grouping_is_refused(ragged_pool):
    with pytest.raises(InputError, match="unknown grouping 'x'; choose from perfect, mixed"):
        ragged_pool.regroup("x")


def test_a_grouping_needs_arms():
    with pytest.raises(InputError, match="at least one dataset"):
        Grouping((), ())

"""The embedded pool: what it holds, and that no digit is in two places."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from dashjax.pools.embedded.digits import embedded, shared_out
from dashjax.pools.embedded.glyphs import FONTS, printed
from dashjax.pools.examples import Examples, rows_of


@pytest.fixture(scope="module")
def pool() -> Examples:
    return embedded()


def group_rows(examples: Examples, group: int) -> np.ndarray:
    owners = zip(examples.candidates, examples.pool.group, strict=True)
    return np.concatenate([rows for rows, owner in owners if owner == group])


def nearest(examples: Examples, wanted: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The row among `known` that is nearest, pixel by pixel, to each of `wanted`."""
    pixels = examples.inputs.reshape(len(examples.inputs), -1).astype(np.float32)
    a, b = pixels[wanted], pixels[known]
    return known[np.argmin((b**2).sum(1) - 2 * a @ b.T, axis=1)]


def test_embedded_has_five_domains_of_three_datasets(pool):
    assert pool.pool.groups == ("hand", "blend", "font", "street", "display")
    assert pool.pool.datasets[:4] == ("hand-0", "hand-1", "hand-2", "blend-0")
    assert pool.pool.group == tuple(np.repeat(range(5), 3))
    assert pool.pool.sizes == (150,) * 15
    assert pool.pool.costs == (1.0,) * 15
    assert [target.name for target in pool.targets] == list(pool.pool.groups)
    assert {tuple(map(len, rows_of(target))) for target in pool.targets} == {(90, 160, 198)}
    assert pool.inputs.shape == (5 * 898, 16, 16, 3)
    assert pool.inputs.dtype == np.uint8
    assert pool.labels.dtype == np.int32


def test_every_embedded_row_has_one_owner(pool):
    assert np.array_equal(np.sort(pool.owned_rows), np.arange(5 * 898))


def test_every_embedded_row_lies_in_its_own_domain(pool):
    for group, target in enumerate(pool.targets):
        rows = np.concatenate([group_rows(pool, group), *rows_of(target)])
        assert set(rows // 898) == {group}


def test_no_two_embedded_images_are_alike(pool):
    assert len(np.unique(pool.inputs, axis=0)) == len(pool.inputs)


def test_every_embedded_part_holds_every_class_in_even_numbers(pool):
    for rows in (*pool.candidates, *(r for target in pool.targets for r in rows_of(target))):
        counts = np.bincount(pool.labels[rows], minlength=10)
        assert counts.min() >= 0.7 * len(rows) / 10
        assert counts.max() <= 1.3 * len(rows) / 10


def test_no_handwritten_digit_is_in_two_places():
    digits = load_digits()
    hand, blend = shared_out(digits.target)
    assert len(hand) == len(blend) == 898
    assert len(np.unique(digits.images[np.concatenate([hand, blend])], axis=0)) == 2 * 898


def test_embedded_is_the_same_each_time(pool):
    again = embedded()
    assert again is not pool
    assert again.fingerprint == pool.fingerprint


def test_embedded_domains_look_different(pool):
    known = np.concatenate(pool.candidates)
    for group, target in enumerate(pool.targets):
        assert np.mean(nearest(pool, target.test, known) // 898 == group) > 0.8


def test_embedded_domains_can_be_learnt_from_their_own_datasets(pool):
    for group, target in enumerate(pool.targets):
        found = nearest(pool, target.test, group_rows(pool, group))
        assert np.mean(pool.labels[found] == pool.labels[target.test]) > 0.25


@pytest.mark.parametrize("font", FONTS)
def test_every_font_has_ten_digits(font):
    inks = [np.asarray(printed(font, digit)) for digit in range(10)]
    assert all(ink.mean() > 5 for ink in inks)
    assert all(ink[[0, -1]].max() == ink[:, [0, -1]].max() == 0 for ink in inks)
    assert len({ink.tobytes() for ink in inks}) == 10

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.random import threefry_2x32
from scipy import stats

from dashjax.engine import threefry

STANDARD_ERRORS = 4.5
ONES, PI = 0xFFFFFFFF, (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)


@pytest.mark.parametrize(
    ("rounds", "counter", "key", "expected"),
    [  # published with the algorithm
        (13, (0, 0), (0, 0), (0x9D1C5EC6, 0x8BD50731)),
        (13, (ONES, ONES), (ONES, ONES), (0xFD36D048, 0x2D17272C)),
        (13, PI[:2], PI[2:], (0xBA3E4725, 0xF27D669E)),
        (20, (0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        (20, (ONES, ONES), (ONES, ONES), (0x1CB996FC, 0xBB002BE7)),
        (20, PI[:2], PI[2:], (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_known_answers(rounds, counter, key, expected):
    words = tuple(map(jnp.uint32, key))
    found = threefry.threefry(words, tuple(jnp.uint32(word) for word in counter), rounds)

    assert tuple(int(word) for word in found) == expected


def test_twenty_rounds_are_those_of_jax():
    words = jax.random.bits(jax.random.key(3), (2, 500), jnp.uint32)
    ours = threefry.threefry((jnp.uint32(7), jnp.uint32(9)), tuple(words), 20)
    theirs = threefry_2x32(jnp.array([7, 9], jnp.uint32), words.reshape(-1))

    np.testing.assert_array_equal(jnp.concatenate(ours), theirs)


@pytest.mark.parametrize("rounds", [13, 20])
def test_keys_serve_all_of_jax_random(rounds):
    key = threefry.key(0, rounds)
    children = jax.random.split(jax.random.fold_in(key, 5), (2, 3))

    assert children.shape == (2, 3)
    assert jax.random.normal(children[0, 0], (4,)).shape == (4,)
    assert sorted(jax.random.permutation(children[0, 1], 9).tolist()) == list(range(9))
    with jax.enable_x64(True):
        assert jax.random.uniform(children[1, 2], (4,), jnp.float64).dtype == jnp.float64


def test_a_stream_alone_is_the_stream_in_a_batch():
    keys = jax.random.split(threefry.key(1), 6)
    batched = jax.vmap(lambda key: jax.random.bits(key, (7,)))(keys)

    for key, bits in zip(keys, batched, strict=True):
        np.testing.assert_array_equal(jax.random.bits(key, (7,)), bits)


def test_a_longer_stream_begins_like_a_shorter_one():
    key = threefry.key(1)

    np.testing.assert_array_equal(jax.random.bits(key, (100,))[:9], jax.random.bits(key, (9,)))


def test_children_and_numbers_of_a_key_differ():
    """Seeds, splits, foldings and draws lie in parts of the counter of their own."""
    keys = [
        key
        for seed in range(8)
        for root in [threefry.key(seed)]
        for key in [root, *jax.random.split(root, 20), *map_fold(root, 20), *twice_folded(root, 20)]
    ]
    drawn = jax.vmap(lambda key: jax.random.bits(key, (20,)))(jnp.stack(keys))

    assert len({tuple(jax.random.key_data(key).tolist()) for key in keys}) == len(keys)
    assert len(np.unique(drawn)) > 0.9999 * drawn.size


def twice_folded(key, count):
    """In either order, and once into children."""
    folded = map_fold(key, count)
    return [
        *(jax.random.fold_in(one, count) for one in folded),
        *map_fold(jax.random.fold_in(key, count), count),
        *(child for one in folded[:3] for child in jax.random.split(one, count)),
    ]


def map_fold(key, count):
    return [jax.random.fold_in(key, number) for number in range(count)]


def assert_flat(counts):
    """Counts in equally likely classes, by the chi-square statistic's normal form."""
    statistic = stats.chisquare(counts).statistic
    freedom = len(counts) - 1

    assert abs(statistic - freedom) < STANDARD_ERRORS * (2 * freedom) ** 0.5


@pytest.fixture(scope="module")
def stream():
    """Ten million words of one key."""
    return np.asarray(jax.jit(lambda key: jax.random.bits(key, (10**7,)))(threefry.key(0)))


@pytest.fixture(scope="module")
def streams():
    """The first ten words of a million keys, as runs have them."""
    bits = jax.vmap(lambda key, number: jax.random.bits(jax.random.fold_in(key, number), (10,)))
    numbers = jnp.arange(10**6, dtype=jnp.uint32)
    keys = jnp.broadcast_to(threefry.key(0), (10**6,))
    return np.asarray(jax.jit(bits)(keys, numbers))


@pytest.mark.parametrize("shift", range(0, 32, 8))
def test_bytes_are_equally_frequent(stream, streams, shift):
    for words in (stream, streams.reshape(-1)):
        assert_flat(np.bincount((words >> shift) & 0xFF, minlength=256))


def test_neighbours_are_independent(stream, streams):
    """Pairs of top bytes, one after another, and in neighbouring streams."""
    for first, second in (
        (stream[0::2], stream[1::2]),
        (streams[0::2, 0], streams[1::2, 0]),
        (streams[:, 0], streams[:, 1]),
    ):
        for shift in (24, 0):
            pairs = ((first >> shift) & 0xFF).astype(int) * 256 + ((second >> shift) & 0xFF)
            assert_flat(np.bincount(pairs, minlength=65536))


def test_bits_are_balanced_and_uncorrelated(stream):
    """Each bit of a word, and each pair of bits of a word and of the next."""
    bits = np.unpackbits(stream[: 10**6].astype("<u4").view(np.uint8).reshape(-1, 4), axis=1)
    centred = bits.astype(np.float32) - 0.5
    for other in (centred, np.roll(centred, 1, axis=0)):
        products = 4 * centred.T @ other / len(centred)
        if other is centred:
            np.fill_diagonal(products, 0)
        # the largest of 1024 (of which half are distinct)
        assert np.abs(products).max() < 5.5 / len(centred) ** 0.5
    assert np.abs(centred.mean(axis=0)).max() < STANDARD_ERRORS * 0.5 / len(centred) ** 0.5

"""Pools with their data: what comes out, and what is said about files that are amiss."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashjax.errors import InputError
from dashjax.pools.embedded.digits import embedded
from dashjax.pools.examples import Examples, rows_of
from dashjax.pools.read import read_pool
from dashjax.pools.readers.folder import folder
from dashjax.pools.readers.options import FolderOptions
from dashjax.report.figures.contact import contact_sheet

REAL = Path(os.environ.get("DASHJAX_DATA", Path(__file__).parents[3] / "shared" / "data"))
SMALL = FolderOptions(local=6, validation=8, test=10, candidates=2, candidate_size=12, side=8)


@pytest.fixture(scope="module")
def pool() -> Examples:
    return embedded()


# Folders.


def images(count: int, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape)).astype(np.uint8)


def arrays(*, train: int = 60, test: int = 15, shape: tuple[int, ...] = (8, 8)) -> dict:
    return {
        "x_train": images(train, *shape),
        "y_train": np.arange(train) % 3,
        "x_test": images(test, *shape, seed=1),
        "y_test": np.arange(test) % 3,
    }


def features(count: int, width: int = 5, kind: type = np.float16) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, width)).astype(kind)


def save(path: Path, name: str, **changes: object) -> Path:
    content = arrays() | changes
    file = path / f"{name}.npz"
    np.savez(file, **{key: value for key, value in content.items() if value is not None})
    return file


def test_folder_gives_each_file_a_group_and_a_target(tmp_path):
    save(tmp_path, "b")
    save(tmp_path, "a")
    examples = folder(tmp_path, SMALL)
    assert examples.pool.datasets == ("a-0", "a-1", "b-0", "b-1")
    assert examples.pool.groups == ("a", "b")
    assert examples.pool.sizes == (12,) * 4
    assert [tuple(map(len, rows_of(t))) for t in examples.targets] == [(6, 8, 10)] * 2
    assert examples.inputs.shape == (2 * (6 + 8 + 24 + 10), 8, 8, 1)
    assert examples.labels.dtype == np.int32
    assert len(np.unique(examples.owned_rows)) == len(examples.inputs)


def test_folder_keeps_inputs_labels_and_the_test_split_together(tmp_path):
    """Every image carries its own number and split, so that each can be traced to its label."""
    train, test = (np.zeros((n, 8, 8), np.uint8) for n in (60, 15))
    train += np.arange(60, dtype=np.uint8)[:, None, None]
    test += 200 + np.arange(15, dtype=np.uint8)[:, None, None]
    save(tmp_path, "a", x_train=train, x_test=test)
    examples = folder(tmp_path, SMALL)
    number = examples.inputs[:, 0, 0, 0].astype(int)
    assert len(set(number)) == len(number)
    is_test = np.isin(np.arange(len(number)), examples.targets[0].test)
    assert np.array_equal(number >= 200, is_test)
    assert np.array_equal(examples.labels, np.where(is_test, number - 200, number) % 3)


def test_folder_depends_on_its_files_and_the_seed_alone(tmp_path):
    save(tmp_path, "a")
    first = folder(tmp_path, SMALL)
    assert folder(str(tmp_path), SMALL).fingerprint == first.fingerprint
    other = FolderOptions(6, 8, 10, 2, 12, 8, seed=1)
    assert folder(tmp_path, other).fingerprint != first.fingerprint
    save(tmp_path, "b")
    both = folder(tmp_path, SMALL)
    assert np.array_equal(both.inputs[: len(first.inputs)], first.inputs)


def test_grey_and_rgb_of_any_size_are_brought_to_one_shape(tmp_path):
    save(tmp_path, "grey", **arrays(shape=(12, 10)))
    assert folder(tmp_path, SMALL).inputs.shape[1:] == (8, 8, 1)
    save(tmp_path, "rgb", **arrays(shape=(9, 20, 3)))
    mixed = folder(tmp_path, SMALL)
    assert mixed.inputs.shape[1:] == (8, 8, 3)
    assert mixed.inputs.dtype == np.uint8
    grey = mixed.inputs[mixed.targets[0].local]
    assert np.array_equal(grey, np.repeat(grey[..., :1], 3, axis=-1))
    assert np.ptp(mixed.inputs[mixed.targets[1].local], axis=-1).max() > 0


def test_no_side_means_that_no_image_is_enlarged(tmp_path):
    save(tmp_path, "a", **arrays(shape=(12, 10)))
    save(tmp_path, "b", **arrays(shape=(9, 20)))
    assert folder(tmp_path, FolderOptions(6, 8, 10, 2, 12, side=None)).inputs.shape[1:3] == (9, 9)


def test_a_smaller_domain_has_smaller_datasets_of_equal_size(tmp_path):
    save(tmp_path, "large", **arrays(train=100))
    save(tmp_path, "small", **arrays(train=6 + 8 + 21, test=4))
    examples = folder(tmp_path, SMALL)
    assert examples.pool.sizes == (12, 12, 10, 10)
    assert [len(target.test) for target in examples.targets] == [10, 4]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_features_come_out_as_float32(tmp_path, kind):
    train, test = features(60, kind=kind), features(15, kind=kind)
    save(tmp_path, "a", x_train=train, x_test=test)
    examples = folder(tmp_path, SMALL)
    assert examples.inputs.shape == (6 + 8 + 24 + 10, 5)
    assert examples.inputs.dtype == np.float32
    rows = set(map(bytes, train.astype(np.float32)))
    assert all(bytes(row) in rows for row in examples.inputs[examples.targets[0].local])


OBJECTS = np.array([{"a": 1}] * 60, dtype=object)
BAD_ARRAYS = {
    "missing key": ({"y_test": None}, "has no array y_test"),
    "pickled": ({"x_train": OBJECTS}, "x_train in .* pickled object array"),
    "one dimension": ({"x_train": images(60)}, r"x_train in .* shape \(60,\)"),
    "four channels": ({"x_train": images(60, 8, 8, 4)}, r"x_train in .* shape \(60, 8, 8, 4\)"),
    "five dimensions": ({"x_test": images(15, 8, 8, 3, 1)}, "x_test in .* give images"),
    "float images": (
        {"x_train": np.zeros((60, 8, 8))},
        "x_train in .* float64 images; save .*uint8",
    ),
    "signed images": ({"x_test": np.zeros((15, 8, 8), int)}, "x_test in .* int64 images"),
    "no pixels": ({"x_train": images(60, 8, 0)}, "x_train in .* without pixels"),
    "whole-number features": ({"x_train": np.zeros((60, 5), int)}, "x_train in .* int64 of shape"),
    "no features": ({"x_train": features(60, 0)}, "x_train in .* no features"),
    "infinite features": ({"x_train": features(60) + np.inf}, "x_train in .* not finite"),
    "too large features": ({"x_train": np.full((60, 5), 1e300)}, "x_train in .* not finite"),
    "lengths": ({"y_train": np.arange(59) % 3}, "x_train in .* 60 examples and y_train 59"),
    "label columns": ({"y_test": np.zeros((15, 1), int)}, r"y_test in .* shape \(15, 1\)"),
    "float labels": ({"y_train": np.arange(60) % 3.0}, "y_train in .* float64; give whole-number"),
    "yes or no labels": ({"y_train": np.arange(60) % 2 == 0}, "y_train in .* bool"),
    "negative labels": ({"y_train": np.arange(60) % 3 - 1}, "y_train in .* from -1 to 1"),
    "huge labels": ({"y_train": np.arange(60) + 2**40}, "y_train in .* number the classes"),
    "one class": ({"y_train": np.ones(60, int)}, "y_train in .* only class 1"),
    "no test": ({"x_test": images(0, 8, 8), "y_test": np.arange(0)}, "x_test in .* is empty"),
    "images and features": ({"x_test": features(15)}, "x_train and x_test in"),
    "too small": (arrays(train=33), "33 examples, but .* need 34; lower"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays_are_named(tmp_path, case):
    changes, said = BAD_ARRAYS[case]
    save(tmp_path, "good")
    save(tmp_path, "wrong", **changes)
    with pytest.raises(InputError, match=said) as caught:
        folder(tmp_path, SMALL)
    assert "\n" not in str(caught.value)
    assert "wrong.npz" in str(caught.value)


def test_a_gap_in_the_classes_of_all_files_is_refused(tmp_path):
    labels = {"y_train": np.arange(60) % 2 * 3, "y_test": np.zeros(15, int)}
    save(tmp_path, "a", **labels)
    with pytest.raises(InputError, match="go up to 3, but no example is of class 1"):
        folder(tmp_path, SMALL)
    save(tmp_path, "b", y_train=np.arange(60) % 3)
    assert folder(tmp_path, SMALL).classes == 4


@pytest.mark.parametrize("other", [{"x_train": features(60, 4), "x_test": features(15, 4)}, {}])
def test_files_of_different_kinds_do_not_mix(tmp_path, other):
    save(tmp_path, "a", x_train=features(60), x_test=features(15))
    save(tmp_path, "b", **other)
    with pytest.raises(InputError, match=r"x_train in .*b\.npz holds .* a\.npz holds 5 features"):
        folder(tmp_path, SMALL)


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    file = save(tmp_path, "a")
    whole = file.read_bytes()
    for length in np.linspace(0, len(whole) - 1, 40).astype(int):
        file.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"a\.npz is cut short or no npz file"):
            folder(tmp_path, SMALL)


def test_a_damaged_array_is_refused(tmp_path):
    file = save(tmp_path, "a")
    content = bytearray(file.read_bytes())
    content[1000] ^= 0xFF
    file.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"x_train in .*a\.npz is damaged"):
        folder(tmp_path, SMALL)


def test_a_single_array_under_the_name_of_an_npz_is_refused(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, images(60, 8, 8))
    with pytest.raises(InputError, match=r"a\.npz holds a single array"):
        folder(tmp_path, SMALL)


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no \.npz file"):
        folder(tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        folder(tmp_path / "absent")


@pytest.mark.parametrize(
    ("name", "value"), [("local", 0), ("candidates", -1), ("side", 0), ("test", 0), ("seed", -1)]
)
def test_bad_options_are_named(name, value):
    with pytest.raises(InputError, match=f"option {name} is {value}; give"):
        FolderOptions(**{name: value})


# Loading by name.


def test_load_knows_the_embedded_pool_and_folders(tmp_path, pool):
    save(tmp_path, "a")
    assert read_pool("embedded").fingerprint == pool.fingerprint
    assert read_pool("embedded") is read_pool("embedded")
    assert read_pool(tmp_path, SMALL).fingerprint == folder(tmp_path, SMALL).fingerprint


def test_load_says_what_is_possible(tmp_path):
    with pytest.raises(InputError, match="no pool 'digits'; give 'embedded' or a folder"):
        read_pool("digits")
    with pytest.raises(InputError, match="give 'embedded' or a folder"):
        read_pool(save(tmp_path, "a"))


@pytest.mark.skipif(not (REAL / "digit_five").is_dir(), reason="Digit-Five is not here")
def test_digit_five_is_read():
    examples = read_pool(REAL / "digit_five")
    assert examples.pool.groups == ("mnist", "mnist_m", "svhn", "syn", "usps")
    assert examples.pool.sizes == (1000,) * 6 + (144,) * 3 + (1000,) * 6
    assert examples.inputs.shape[1:] == (16, 16, 3)
    assert [len(target.test) for target in examples.targets] == [500, 500, 300, 500, 500]
    for rows in (*examples.candidates, *(target.test for target in examples.targets)):
        assert set(examples.labels[rows]) == set(range(10))


@pytest.mark.skipif(not (REAL / "pacs_features").is_dir(), reason="the PACS features are not here")
def test_pacs_features_are_read():
    examples = read_pool(REAL / "pacs_features")
    assert examples.pool.groups == ("art_painting", "cartoon", "photo", "sketch")
    assert examples.inputs.shape[1:] == (1280,)
    assert examples.classes == 7


# The contact sheet.


def test_contact_sheet_is_a_picture_of_the_pool(tmp_path, pool):
    file = tmp_path / "sheet.png"
    contact_sheet(pool, file)
    with Image.open(file) as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > sheet.height > 1000
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


@pytest.mark.parametrize("count", [1, 2])
def test_contact_sheet_shows_features_and_any_number_of_groups(tmp_path, count):
    pools = tmp_path / "pool"
    pools.mkdir()
    for number in range(count):
        save(pools, f"${number}", x_train=features(60), x_test=features(15))
    contact_sheet(folder(pools, SMALL), tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 1000


def test_contact_sheet_needs_a_folder_to_write_to(tmp_path, pool):
    with pytest.raises(InputError, match="there is no folder"):
        contact_sheet(pool, tmp_path / "absent" / "sheet.png")

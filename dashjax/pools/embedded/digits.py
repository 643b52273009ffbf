"""The pool that comes with the package: five domains of digits, made on the spot.

Nothing is fetched: the handwriting and the photographs come with scikit-learn, the typefaces with
matplotlib, and everything is drawn from fixed seeds.
"""

from typing import Any

import numpy as np
from PIL import Image

from dashjax.pools.embedded.painting import (
    paint_blend,
    paint_display,
    paint_font,
    paint_hand,
    paint_street,
)
from dashjax.pools.examples import Examples, Target
from dashjax.pools.parts import Parts, assemble, cut

LOCAL, VALIDATION, TEST = 90, 160, 198
CANDIDATES, CANDIDATE_SIZE = 3, 150
DOMAIN_SIZE = LOCAL + VALIDATION + TEST + CANDIDATES * CANDIDATE_SIZE

SEED = 2_024
DRAWN = {"font": paint_font, "street": paint_street, "display": paint_display}


def embedded() -> Examples:
    """Five domains of 16 x 16 RGB digits in ten classes; the same bytes each time.

    The domains are `hand`, `blend`, `font`, `street` and `display`. Each is a target (90 local,
    160 validation and 198 test examples) and a group of three datasets of 150 examples at cost 1.
    No example, and no handwritten digit behind an example, is in two places.
    """
    return assemble([*_written(), *_drawn()])


def _written() -> list[Parts]:
    """`hand` and `blend`, which share scikit-learn's handwritten digits out between them."""
    # Here, because it takes most of a second that a pool from a folder need not spend.
    from sklearn.datasets import load_digits, load_sample_images

    digits: Any = load_digits()
    pictures: Any = load_sample_images()
    hand, blend = shared_out(digits.target)
    photos = [Image.fromarray(photo) for photo in pictures.images]
    hand_images = paint_hand(digits.images[hand], _random("hand"))
    blend_images = paint_blend(digits.images[blend], photos, _random("blend"))
    return [
        _parts("hand", hand_images, digits.target[hand]),
        _parts("blend", blend_images, digits.target[blend]),
    ]


def _drawn() -> list[Parts]:
    """`font`, `street` and `display`, which are drawn one image at a time."""
    domains = []
    for name, paint in DRAWN.items():
        rng = _random(name)
        classes = np.arange(DOMAIN_SIZE) % 10
        labels = classes[_in_decks(classes, rng)]
        domains.append(_parts(name, paint(labels, rng), labels))
    return domains


def shared_out(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two disjoint lists of `DOMAIN_SIZE` rows of `labels`, each with its share of every class."""
    rng = _random("shared out")
    mixed = rng.permutation(len(labels))
    by_class = mixed[np.argsort(labels[mixed], kind="stable")]
    first, second = by_class[::2], by_class[1::2]
    first, second = (half[_in_decks(labels[half], rng)] for half in (first, second))
    return first[:DOMAIN_SIZE], second[:DOMAIN_SIZE]


def _in_decks(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random order of the rows in which every class comes once before any comes again.

    Whatever consecutive piece is cut out of it holds the classes in nearly equal numbers.
    """
    mixed = rng.permutation(len(labels))
    deck = np.empty(len(labels), int)
    for label in np.unique(labels):
        same = labels[mixed] == label
        deck[same] = np.arange(same.sum())
    return mixed[np.argsort(deck, kind="stable")]


def _parts(name: str, inputs: np.ndarray, labels: np.ndarray) -> Parts:
    sizes = (LOCAL, *[CANDIDATE_SIZE] * CANDIDATES, VALIDATION, TEST)
    local, *candidates, validation, test = cut(np.arange(DOMAIN_SIZE), sizes)
    return Parts(inputs, labels, Target(name, local, validation, test), tuple(candidates))


def _random(name: str) -> np.random.Generator:
    """Random numbers of its own for each use, so that a change to one domain leaves the others."""
    return np.random.default_rng([SEED, *name.encode()])

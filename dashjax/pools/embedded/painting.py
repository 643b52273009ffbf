"""Five ways to paint a digit: each makes `[example, SIDE, SIDE, 3]` uint8 images of one domain.

What separates the domains is what separates those of Digit-Five: how the digit is formed
(written, printed, in segments), the polarity of ink and ground, colour, texture and neighbours.
The jitters and contrasts are set so that a small network learns a domain moderately well from
90 examples and well from 540.
"""

import numpy as np
from PIL import Image

from dashjax.pools.embedded.glyphs import (
    FONTS,
    LIT,
    SIDE,
    Jitter,
    place,
    place_all,
    printed,
    segments,
    written,
)

Random = np.random.Generator

HAND = Jitter(size=(0.7, 0.95), angle=12, slant=(-0.1, 0.1), shift=0.8)
BLEND = Jitter(size=(1.05, 1.15), angle=2, slant=(0, 0), shift=0.1)
FONT = Jitter(size=(0.85, 1.15), angle=10, slant=(0, 0), shift=1.5)
STREET = Jitter(size=(0.9, 1.15), angle=6, slant=(0, 0.1), shift=0.8)
DISPLAY = Jitter(size=(0.7, 1.15), angle=6, slant=(0, 0.25), shift=1.7)

STREET_FONTS = tuple(font for font in FONTS if font.startswith(("DejaVuSans", "cmss")))
LAMPS = np.array(
    [(255, 50, 40), (60, 255, 90), (255, 170, 30), (70, 200, 255), (235, 240, 255)], np.float32
)


def paint_hand(digits: np.ndarray, rng: Random) -> np.ndarray:
    """Light handwriting on black, in grey, after MNIST.

    Args:
        digits: `[example, 8, 8]` handwritten digits with values 0..16.
        rng: decides placement, brightness and noise.
    """
    ink = place_all([written(digit) for digit in digits], HAND, rng)
    light = rng.uniform(0.6, 1, (len(ink), 1, 1))
    noise = rng.normal(0, 0.05, ink.shape)
    grey = ink * light + noise
    return _pixels(255 * np.repeat(grey[..., None], 3, axis=-1))


def paint_blend(digits: np.ndarray, photos: list[Image.Image], rng: Random) -> np.ndarray:
    """Handwriting as the absolute difference from a patch of a photograph, after MNIST-M.

    Args:
        digits: `[example, 8, 8]` handwritten digits with values 0..16.
        photos: where the patches are cut out; RGB.
        rng: decides placement and patches.
    """
    ink = place_all([written(digit) for digit in digits], BLEND, rng)
    # The strokes are sharpened to full contrast, as MNIST's are, before they are blended.
    stroke = 255 * np.clip((ink - 0.2) / 0.5, 0, 1)
    patches = np.stack([_patch(photos[rng.integers(len(photos))], rng) for _ in digits])
    return _pixels(np.abs(patches - stroke[..., None]))


def _patch(photo: Image.Image, rng: Random) -> np.ndarray:
    """A random square of a photograph, `[SIDE, SIDE, 3]` with values 0..255."""
    across = rng.uniform(8, 28)
    left, top = rng.uniform(0, 1, 2) * (photo.width - across, photo.height - across)
    box = (left, top, left + across, top + across)
    return np.asarray(photo.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box), np.float32)


def paint_font(labels: np.ndarray, rng: Random) -> np.ndarray:
    """Dark print on clean, light paper, in many typefaces.

    Args:
        labels: `[example]` digits.
        rng: decides fonts, placement and colours.
    """
    ink = place_all([printed(str(rng.choice(FONTS)), int(label)) for label in labels], FONT, rng)
    paper = rng.uniform(190, 255, (len(ink), 1, 1, 3))
    colour = rng.uniform(0, 130, (len(ink), 1, 1, 3))
    return _pixels(_over(paper, colour, ink))


def paint_street(labels: np.ndarray, rng: Random) -> np.ndarray:
    """Coloured house numbers on cluttered walls, with pieces of their neighbours, after SVHN.

    Args:
        labels: `[example]` digits.
        rng: decides everything else.
    """
    ink = np.stack([_row_of_digits(int(label), rng) for label in labels])
    wall, colour = _contrasting(len(ink), rng)
    image = _over(_clutter(wall, rng), colour, ink)
    return _pixels(_smooth(image, 0.45) + rng.normal(0, 8, image.shape))


def _row_of_digits(digit: int, rng: Random) -> np.ndarray:
    """The digit with a neighbour or two that run off the sides, `[SIDE, SIDE]` in 0..1."""
    font = str(rng.choice(STREET_FONTS))
    placement = STREET.draw(rng)
    ink = place(printed(font, digit), placement)
    for side in (-1, 1):
        if rng.random() < 0.6:
            away = placement.right + side * rng.uniform(8.5, 11) * placement.size
            other = placement._replace(right=away, down=placement.down + rng.uniform(-1, 1))
            ink = np.maximum(ink, place(printed(font, int(rng.integers(10))), other))
    return ink


def _contrasting(count: int, rng: Random) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of wall and digit colours, `[count, 1, 1, 3]` each, with values 0..255."""
    wall = rng.uniform(40, 170, (count, 1, 1, 1)) + rng.uniform(-40, 40, (count, 1, 1, 3))
    lighter = wall.mean(axis=-1, keepdims=True) < rng.uniform(95, 175, (count, 1, 1, 1))
    step = rng.uniform(85, 150, (count, 1, 1, 1)) * rng.uniform(0.7, 1.3, wall.shape)
    return wall, np.clip(wall + np.where(lighter, step, -step), 0, 255)


def _clutter(wall: np.ndarray, rng: Random) -> np.ndarray:
    """Uneven light and one straight edge added to plain walls, `[example, SIDE, SIDE, 3]`."""
    count = len(wall)
    coarse = rng.normal(0, 18, (count, 4, 4, 3))
    stretch = np.repeat(np.eye(4), SIDE // 4, axis=0)
    light = np.einsum("ai,bj,nijc->nabc", stretch, stretch, coarse, optimize=True)
    angle = rng.uniform(0, 2 * np.pi, (count, 1, 1))
    across = np.linspace(-1, 1, SIDE)
    reach = np.cos(angle) * across[None, None, :] + np.sin(angle) * across[None, :, None]
    beyond = reach > rng.uniform(0.3, 1, (count, 1, 1))
    return wall + _smooth(light, 1.5) + beyond[..., None] * rng.normal(0, 35, wall.shape)


def paint_display(labels: np.ndarray, rng: Random) -> np.ndarray:
    """Glowing seven-segment displays, some with their dark segments showing.

    Args:
        labels: `[example]` digits.
        rng: decides everything else.
    """
    lit, unlit = (np.empty((len(labels), SIDE, SIDE), np.float32) for _ in range(2))
    for row, label in enumerate(labels):
        thickness, placement = rng.uniform(4, 10), DISPLAY.draw(rng)
        lit[row] = place(segments(LIT[label], thickness), placement)
        unlit[row] = place(segments("abcdefg", thickness), placement) - lit[row]
    ghost = rng.uniform(0, 0.35, (len(lit), 1, 1)) * unlit
    light = (lit + ghost)[..., None]
    light = light + 0.8 * _smooth(light, 1.2)
    case = rng.uniform(0, 60, (len(lit), 1, 1, 3))
    lamp = LAMPS[rng.integers(len(LAMPS), size=len(lit))][:, None, None]
    power = rng.uniform(0.35, 0.8, (len(lit), 1, 1, 1))
    return _pixels(case + power * light * lamp + rng.normal(0, 14, (*lit.shape, 3)))


def _over(ground: np.ndarray, colour: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Ink of a colour laid over a ground, `[example, SIDE, SIDE, 3]`."""
    return ground + (colour - ground) * ink[..., None]


def _smooth(images: np.ndarray, width: float) -> np.ndarray:
    """Images `[example, SIDE, SIDE, channel]` under a Gaussian blur of that many pixels."""
    away = np.arange(SIDE)[:, None] - np.arange(SIDE)
    kernel = np.exp(-0.5 * (away / width) ** 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    return np.einsum("ai,bj,nijc->nabc", kernel, kernel, images, optimize=True)


def _pixels(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)

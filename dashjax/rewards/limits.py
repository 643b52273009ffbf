"""What trainings will take, estimated before the first starts, and refused where it is too much."""

import itertools
import os
from collections.abc import Sequence
from typing import NamedTuple

from dashjax.engine.sizes import check_memory, in_words
from dashjax.errors import InputError
from dashjax.pools.examples import Examples
from dashjax.rewards.settings import TrainingSettings

BLOCK = 16  # models that a thread trains before their rewards are kept: a second or two of work
MOST_REWARDS = 10_000_000  # of one build
_MOST_WORK = 10**18  # multiplications
_SPEED = 5 * 10**9  # multiplications of a core in a second, with small matrices
_YEAR = 365 * 24 * 3600
_COPIES = 5  # of the parameters of a model: itself, gradient, two moments of Adam, next values
_PASSES = 3  # through the layers for each step: one forwards, and backwards as much as two
_JUDGED_AT_ONCE = 256  # examples, see `trainer`
_NUMBER = 4  # bytes


class Trainings(NamedTuple):
    """Some trainings of one kind."""

    what: str  # the setting that says how many steps
    count: int
    steps: int


class _Network(NamedTuple):
    """The size of the network that is trained: parameters, and for one example values and work."""

    parameters: int
    values: int
    multiplications: int


def check_rewards(targets: int, datasets: int, replicates: int) -> None:
    """Refuses a build of more rewards than can be measured at a time.

    Raises:
        InputError: with the number of rewards.
    """
    count = targets * datasets * replicates
    if count > MOST_REWARDS:
        raise InputError(
            f"{in_words(replicates)} replicates of {datasets:,} datasets for {targets:,} targets "
            f"are {in_words(count)} rewards, and a build measures at most {MOST_REWARDS:,}; ask "
            f"for fewer replicates or targets"
        )


def check_trainings(
    examples: Examples, settings: TrainingSettings, several: Sequence[Trainings]
) -> None:
    """Refuses trainings that this machine's memory cannot hold, or that would not end for years.

    Raises:
        InputError: with an estimate of memory or time, and the setting that is most of it.
    """
    network = _network(examples, settings)
    memory = _memory(network, settings, several)
    most = max(memory, key=lambda setting: memory[setting])
    check_memory(memory[most], f"training with {most}", "give less")
    for one in several:
        work = one.count * one.steps * settings.batch * _PASSES * network.multiplications
        if work > _MOST_WORK:
            years = in_words(work // (_SPEED * _YEAR))
            raise InputError(
                f"{one.count:,} trainings with {one.what} {in_words(one.steps)} and batch "
                f"{in_words(settings.batch)} would take about {years} years of one "
                f"core; ask for less"
            )


def _memory(
    network: _Network, settings: TrainingSettings, several: Sequence[Trainings]
) -> dict[str, int]:
    """Bytes that are held at once, by the setting that they come from; rather too few."""
    threads = os.cpu_count() or 1
    models, batch = BLOCK * threads, settings.batch
    found = {
        f"{one.what} {in_words(one.steps)} with batch {in_words(batch)}": models * one.steps * batch
        for one in several
    }
    found[f"a network of {in_words(network.parameters)} parameters"] = (
        models * _COPIES * network.parameters
    )
    found[f"batch {in_words(batch)}"] = threads * network.values * max(batch, _JUDGED_AT_ONCE)
    for name in ("validation_batch", "agreement_batch"):
        found[f"{name} {in_words(getattr(settings, name))}"] = models * getattr(settings, name)
    return {setting: _NUMBER * numbers for setting, numbers in found.items()}


def _network(examples: Examples, settings: TrainingSettings) -> _Network:
    shape, classes = examples.inputs.shape[1:], examples.classes
    if len(shape) != 3:
        return _dense([*shape, *settings.feature_widths, classes])
    height, width, channels = shape
    parameters = values = work = 0
    for filters in settings.convolution_widths:
        pixels = height * width
        parameters += (9 * channels + 1) * filters
        values += (9 * channels + filters) * pixels
        work += 9 * channels * filters * pixels
        height, width, channels = height // 2, width // 2, filters
    rest = _dense([height * width * channels, settings.dense_width, classes])
    return _Network(parameters + rest.parameters, values + rest.values, work + rest.multiplications)


def _dense(widths: Sequence[int]) -> _Network:
    pairs = list(itertools.pairwise(widths))
    parameters = sum((one + 1) * other for one, other in pairs)
    return _Network(parameters, sum(widths), sum(one * other for one, other in pairs))

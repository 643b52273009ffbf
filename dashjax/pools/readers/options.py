"""How the domains of a folder are cut; it imports nothing heavy."""

from dataclasses import dataclass, fields

from dashjax.errors import InputError

_MOST_SIDE = 4096  # pixels; a single image of that size is 50 MB
EMBEDDED = "embedded"  # the name of the pool that comes with the package


@dataclass(frozen=True)
class FolderOptions:
    """How each domain of a folder is cut into a target and candidate datasets.

    Attributes:
        local: examples for the target's local training, from `x_train`.
        validation: examples for its validation, from `x_train`.
        test: examples for its test, at most; from `x_test`.
        candidates: datasets a domain, from the rest of `x_train`.
        candidate_size: examples in each of them, at most; where fewer are left, the datasets of
            that domain share them equally.
        side: images are resized to this many pixels a side; None takes the largest side for
            which no image is enlarged. Features ignore it.
        seed: decides which examples go where.
    """

    local: int = 150
    validation: int = 200
    test: int = 500
    candidates: int = 3
    candidate_size: int = 1000
    side: int | None = 16
    seed: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), 0 if field.name == "seed" else 1
            if value is not None and value < least:
                raise InputError(f"option {field.name} is {value}; give {least} or more")
        if self.side is not None and self.side > _MOST_SIDE:
            raise InputError(f"option side is {self.side}; give at most {_MOST_SIDE:,} pixels")

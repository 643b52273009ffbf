"""How sure a study is: of its selection, and of each dataset."""

from dataclasses import dataclass
from typing import Any

from dashjax.wording import chance


@dataclass(frozen=True)
class StudyCertainty:
    """How sure a study is; rewards are in the unit in which they were told.

    Attributes:
        chance_good: that the selection is within the tolerance of the best there is.
        expected_loss: by how much it falls short of the best on average, a dataset.
        chance_none_helps: that no dataset is worth more than the floor; None without a floor.
        datasets: a row for each dataset: `dataset`, `group`, `selected`, `looks`, `mean`, `sd`,
            `chance_best` (to be among the best), `chance_above_floor`, `rank_low`, `rank_high`
            (the middle 90 %), and `why_not` where it may not be taken.
    """

    chance_good: float
    expected_loss: float
    chance_none_helps: float | None
    datasets: list[dict[str, Any]]

    def __str__(self) -> str:
        lost = f"{self.expected_loss:.3g}"
        text = f"{chance(self.chance_good)} sure; it falls short of the best by {lost} on average"
        if self.chance_none_helps is not None:
            text += f"; that no dataset helps has probability {chance(self.chance_none_helps)}"
        return text

"""What a study believes and advises: its ledger, and what the explorer makes of it."""

from typing import Any

import numpy as np

from dashjax.bandit.base import Goal
from dashjax.bandit.gaussian import uniform_prior
from dashjax.bandit.knapsack import Purse
from dashjax.bandit.methods import Method
from dashjax.bandit.stopping.parse import rule
from dashjax.bandit.stopping.rules import Rule, budget, cost, scores_of
from dashjax.bandit.stopping.scores import DRAWS
from dashjax.errors import InputError
from dashjax.priors import moments as priors
from dashjax.store.studies import Event
from dashjax.study import explorer, within_budget
from dashjax.study.explorer import Closer, Given, Known, Measured, Static
from dashjax.study.layout import Layout, layout
from dashjax.study.ledger import Entry, Ledger
from dashjax.study.settings import StudySettings
from dashjax.study.verdict import Verdict, verdict


def rules_of(settings: StudySettings, method: Method, stop: Rule | None) -> tuple[Rule, ...]:
    """The stop rule and the limits of a study: it ends when one of them holds."""
    own = f"good-selection:.95:{settings.tolerance:g}"
    first = stop or rule(settings.stop or own)
    if not settings.stop and stop is None and method.stop and settings.tolerance == 0.01:
        first = method.stop
    limits = [budget(settings.steps)] if settings.steps else []
    most = settings.exploration_budget
    limits += [cost(most)] if most else []
    return first, *limits


class Advisor:
    """The ledger of a study, and what is believed after it.

    Attributes:
        ledger: the study's state.
        rules: the stop rule, then the limits.
        ahead: whether the ledger holds events that may not be in the log yet.
    """

    def __init__(self, method: Method, stop: Rule | None) -> None:
        self.ledger, self.method = Ledger(), method
        self.rules: tuple[Rule, ...] = ()
        self.ahead = False
        self._stop = stop
        self._layout: Layout | None = None
        self._placed_for: tuple = ()  # what it was made for
        self._shape: tuple[Static, Given] | None = None
        self._for: tuple = ()  # what `_shape` was made for
        self._known: Known | None = None
        self._learned = 0  # looks that `_known` knows
        self._verdict: tuple[int, Verdict] | None = None

    def follow(self, events: list[Event]) -> None:
        """Takes in further events of the log."""
        if events:
            self.ledger.follow(events)
            self._verdict = None
        if not self.rules:
            self.rules = rules_of(self.ledger.settings, self.method, self._stop)

    def anew(self) -> "Advisor":
        """The same, knowing nothing yet."""
        return Advisor(self.method, self._stop)

    def next(self) -> int:
        """The dataset to look at next, by its place in the ledger.

        Raises:
            InputError: if none is left that may be asked for.
        """
        ledger = self.ledger
        available = ledger.available()
        if not any(available):
            raise InputError(
                f"study '{ledger.name}' has no dataset left to look at; all are paused, retired or "
                f"failed too often: resume or add one"
            )
        pending = [record.arm for record in ledger.pending()]
        if sum(available) < ledger.settings.select:
            return self._fewest_looks(available, pending)
        static, given = self._prepared()
        place = self._place()
        waiting = [int(place.arm[arm]) for arm in pending]
        arm = self._deciding(waiting)
        if arm is None:
            arm = explorer.ask(static, given, self.known(), len(ledger.trials), waiting)
        found = np.flatnonzero(place.arm == arm)
        if not len(found) or not available[found[0]]:
            return self._fewest_looks(available, pending)
        return int(found[0])

    def known(self) -> Known:
        """What was learned from all looks in the ledger."""
        static, given = self._prepared()
        looks = self.ledger.looks[self._learned :]
        if looks or self._known is None:
            arms = [int(self._place().arm[look.arm]) for look in looks]
            rewards = [self._inside(look.reward) for look in looks]
            self._known = explorer.learn(static, given, self._known, arms, rewards)
            self._learned = len(self.ledger.looks)
        return self._known

    def verdict(self) -> Verdict:
        """What is thought now; by arm, see `at`."""
        if self._verdict is None or self._verdict[0] != self.ledger.last:
            _, given = self._prepared()
            done = len(self.ledger.looks) + self.ledger.failed, self.ledger.spent
            found = verdict(self.rules, self._measured(), done, given.available)
            self._verdict = self.ledger.last, found
        return self._verdict[1]

    def goal(self) -> Goal:
        """What is wanted, by arm; rewards are counted from the centre."""
        return explorer.goal_of(*self._prepared())

    def purse(self) -> Purse | None:
        """What may be taken, by arm; None where prices do not matter."""
        settings = self.ledger.settings
        if settings.budget is None:
            return None
        place, prices = self._place(), [entry.candidate.price for entry in self.ledger.entries]
        spread = np.zeros(place.arms)
        spread[place.arm] = prices
        return Purse(spread, settings.budget, settings.select, fill=settings.floor is None)

    def draws(self) -> list[np.ndarray]:
        """Joint draws of all arms from the posterior, `[arm, draw]`, in parts."""
        return explorer.draws(*self._prepared(), self.known())

    def at(self, values: Any) -> np.ndarray:
        """Values `[arm]` as `[dataset]`, in the order of the ledger."""
        return np.asarray(values)[self._place().arm]

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of what is believed of each arm, `[arm]`, from the centre."""
        verdict = self.verdict()
        return np.asarray(verdict.mean, float), np.asarray(verdict.sd, float)

    def dataset(self, arm: int) -> str:
        """The name of the dataset of an arm."""
        (place,) = np.flatnonzero(self._place().arm == arm)
        return self.ledger.entries[place].candidate.dataset

    def pulls(self) -> np.ndarray:
        """How often each arm was looked at, `[arm]`."""
        return np.asarray(self.known().pulls)

    def outside(self, mean: float) -> float:
        """A utility in the unit in which rewards are told."""
        return self.ledger.settings.sign * float(mean) + self._centre()

    def closer(self, arms: np.ndarray) -> Closer:
        """What is believed of some arms together, and of the groups."""
        return explorer.closer(*self._prepared(), self.known(), arms)

    def _measured(self) -> Measured:
        """What is thought, and the scores of the stop rules; with a budget, of what it can pay."""
        (static, given), known, purse = self._prepared(), self.known(), self.purse()
        if purse is None:
            return explorer.measure(static, given, known, scores_of(self.rules))
        found, goal = explorer.measure(static, given, known), self.goal()
        drawn = explorer.some_draws(static, given, known)[:, :DRAWS]
        seen = within_budget.Seen(found.mean, found.sd, found.pulls)
        scores = within_budget.scores(self.ledger.settings, purse, goal, seen, drawn)
        selection = within_budget.best_set(found.mean, purse, goal)
        return found._replace(scores=scores, selection=selection)

    def _deciding(self, pending: list[int]) -> int | None:
        """With a budget, three looks of four: the arm on which the selection depends most."""
        purse, turn = self.purse(), len(self.ledger.trials) % 4
        if purse is None or not self.ledger.looks or turn == 0:
            return None
        goal, known = self.goal(), self.known()
        mean, sd = explorer.imagined(*self._prepared(), known, pending)
        pulls = known.pulls + np.bincount(pending, minlength=goal.arms)
        seen = within_budget.Seen(mean, sd, np.asarray(pulls))
        ways = [within_budget.deciding, within_budget.unconfirmed]
        found = [way(purse, goal, seen) for way in (ways if turn < 3 else reversed(ways))]
        return next((arm for arm in found if arm is not None), None)

    def _fewest_looks(self, available: list[bool], pending: list[int]) -> int:
        """Where fewer datasets are left than are wanted: the one with the fewest looks."""
        entries: list[Entry] = self.ledger.entries
        return min(
            (arm for arm, may in enumerate(available) if may),
            key=lambda arm: (entries[arm].looks + entries[arm].failures + pending.count(arm), arm),
        )

    def _place(self) -> Layout:
        groups = [entry.candidate.group for entry in self.ledger.entries]
        made_for = groups, self.ledger.as_created
        if self._layout is None or self._placed_for != made_for:
            self._placed_for = made_for
            self._layout = layout(groups, as_created=self.ledger.as_created)
        return self._layout

    def _prepared(self) -> tuple[Static, Given]:
        """What the explorer is given; what was learned is forgotten where that has changed.

        So the state depends on the datasets as they are now, not on when each was paused or came.
        """
        ledger = self.ledger
        costs = [entry.candidate.cost for entry in ledger.entries]
        made_for = (self._place().grouping, tuple(ledger.available()), bool(ledger.looks))
        if self._shape is None or self._for != made_for:
            self._for, self._shape = made_for, self._shaped(costs)
            self._known, self._learned, self._verdict = None, 0, None
        return self._shape

    def _shaped(self, costs: list[float]) -> tuple[Static, Given]:
        settings, place = self.ledger.settings, self._place()
        floor = -np.inf if settings.floor is None else self._inside(settings.floor)
        static = Static(
            self.method,
            place.grouping,
            settings.select,
            settings.horizon(self.ledger.first),
            len(set(costs)) == 1 and self.ledger.as_created,
            settings.floor is not None,
        )
        return static, Given(
            explorer.root_key(settings.seed),
            self._prior(place.grouping.groups),
            place.spread(costs, 1.0),
            place.spread(self.ledger.available(), False),
            np.asarray(floor, np.float32),
        )

    def _prior(self, groups: int):
        given = self.ledger.settings.prior
        if given is None:
            return uniform_prior(groups, group_mean=0.0, group_sd=1.0, arm_sd=1.0, noise_sd=1.0)
        sign, centre = self.ledger.settings.sign, self._centre()
        prior = priors.given(given, groups)
        return prior._replace(group_mean=sign * (prior.group_mean - centre))

    def _centre(self) -> float:
        """What rewards are counted from before they become 32 bits: known, or the first of all."""
        if self.ledger.settings.prior is not None:
            return self.ledger.settings.prior.group_mean
        return self.ledger.looks[0].reward if self.ledger.looks else 0.0

    def _inside(self, reward: float) -> float:
        return self.ledger.settings.sign * (reward - self._centre())

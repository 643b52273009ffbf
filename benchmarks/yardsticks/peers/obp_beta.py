"""Open Bandit Pipeline: `BernoulliTS`, its only Thompson sampling without context."""

from obp.policy import BernoulliTS
from task import Learn, Selector, answer


def start(groups: int, slots: int, seed: int) -> tuple[Selector, Learn]:
    """A new run."""
    policy = BernoulliTS(n_actions=groups * slots, random_state=seed)

    def choose() -> int:
        return policy.select_action()[0]

    def learn(arm: int, reward: float) -> None:
        policy.update_params(arm, float(reward > 0))

    return choose, learn


answer("obp", "Beta; rewards are the signs of Gaussian ones", start)

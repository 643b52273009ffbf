"""A stop rule of your own: the selection has been the same for ten looks, and little was spent.

Run it with `python own_stop_rule.py`.
"""

import dashjax as dj


def settled_or_spent(looks: int, budget: float) -> dj.stopping.Rule:
    """Holds once the selection has not changed for some looks, or the budget is spent."""

    def holds(progress: dj.stopping.Progress):
        return (progress.unchanged_for >= looks) | (progress.spent >= budget)

    return dj.stopping.Rule(f"settled-or-spent:{looks}:{budget:g}", (), holds)


rules = (
    settled_or_spent(10, 50.0),
    dj.stopping.all_of(dj.stopping.good_selection(0.9, 0.02), settled_or_spent(5, 60.0)),
)
plan = dj.Plan(steps=80, select=3, tolerance=0.02, stop=rules)
result = dj.sweep((5, 3), ["dash", "lucb/exact"], seeds=200, plan=plan)
for row in result.frames["stops"]:
    looks, good = row["stopped_mean"], row["good_when_stopped"]
    print(f"{row['method']:<11} {row['stop']:<45} after {looks:4.1f} looks, good in {good:.0%}")

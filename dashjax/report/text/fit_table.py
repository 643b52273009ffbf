"""A fit in print: hyper-parameters by the grid and by NumPyro, one below the other."""

from rich.table import Table

from dashjax.report.arrays import distinct, having, unit
from dashjax.store.results import Experiment, Row

NAMES = {
    "group_mean": "overall mean",
    "group_sd": "spread of groups",
    "arm_sd": "spread of datasets",
    "noise_sd": "noise of a reward",
}
ESTIMATORS = {"grid": "grid", "numpyro": "NumPyro"}
_R_HAT, _DRAWS = 1.01, 400  # beyond which chains are held to agree (Vehtari et al. 2021)


def fit_table(experiment: Experiment) -> Table:
    """Two lines for each set of targets: posterior mean and 90 % interval of every parameter."""
    title = f"Posterior mean [90 % interval] in units of {unit(experiment.config)}"
    shown = Table(title=title, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    shown.add_column("fitted to", max_width=22)
    shown.add_column("by")
    for name in NAMES.values():
        shown.add_column(name, justify="right", no_wrap=True)
    for left_out in distinct(experiment.rows, "left_out"):
        rows = having(experiment.rows, "left_out", left_out)
        for place, (estimator, by) in enumerate(ESTIMATORS.items()):
            label = f"all but {left_out}" if left_out else "all targets"
            found = {row["parameter"]: row for row in having(rows, "estimator", estimator)}
            shown.add_row("" if place else label, by, *(_cell(found[name]) for name in NAMES))
    shown.caption = _mixing(experiment)
    return shown


def fit_findings(experiment: Experiment) -> list[str]:
    """Where NumPyro's chains are not to be trusted, a sentence for each set of targets."""
    said = []
    for left_out in distinct(experiment.rows, "left_out"):
        rows = having(having(experiment.rows, "left_out", left_out), "estimator", "numpyro")
        if _untrusted(rows):
            what = f"the fit without '{left_out}'" if left_out else "the fit to all targets"
            said.append(
                f"NumPyro's draws for {what} are not to be trusted ({_quality(rows)}); "
                "give more --warmup and --samples, or take the grid's figures."
            )
    if len(experiment.config["targets"]) == 1:
        said.append("With one target there is none to leave out, so no prior that may serve it.")
    return said


def _cell(row: Row) -> str:
    return f"{row['mean']:.3f} [{row['q05']:.3f}, {row['q95']:.3f}]"


def _mixing(experiment: Experiment) -> str:
    return f"NumPyro: {_quality(having(experiment.rows, 'estimator', 'numpyro'))}"


def _quality(rows: list[Row]) -> str:
    divergences = sum(row["divergences"] for row in having(rows, "parameter", "noise_sd"))
    least, most = min(row["effective_draws"] for row in rows), max(row["r_hat"] for row in rows)
    return (
        f"{divergences} divergences, at least {least:,.0f} effective draws, r_hat at most "
        f"{most:.3f}"
    )


def _untrusted(rows: list[Row]) -> bool:
    return any(
        row["divergences"] > 0 or not row["r_hat"] < _R_HAT or row["effective_draws"] < _DRAWS
        for row in rows
    )

"""`dashjax study`: a live search from the command line, one short command at a time."""

import csv
import math
import os
from dataclasses import asdict
from typing import Any

from dashjax.cli import study_options as options_of
from dashjax.cli.output import Terminal
from dashjax.cli.study_text import datasets_table, document, open_trials
from dashjax.errors import InputError
from dashjax.report.text.reach import study_says
from dashjax.store.studies import open_store
from dashjax.store.study_address import network_file_system, url_of
from dashjax.study.study import Study

_COLUMNS = ("trial", "target", "group", "dataset", "state", "reward", "cost")
_ABOUT = ("worker", "reason", "asked", "ended")


def create(options: options_of.Create, terminal: Terminal) -> None:
    """Makes a study, or says that it is there."""
    kind = network_file_system(url_of(options.store))
    if kind is not None:
        terminal.warn(
            f"dashjax: {options.store} lies on a network file system ({kind}), where locks may "
            f"fail; with workers on several machines use PostgreSQL"
        )
    study = Study.open(options.store, options.pool, name=options.name, **options.settings())
    count = len(study.datasets())
    terminal.show(f"study '{study.name}' is in {options.store}: {count} datasets")
    _document(terminal, study, study.datasets())


def ask(options: options_of.Ask, terminal: Terminal) -> None:
    """Prints the trial to make next."""
    study = _open(options)
    trial = study.ask(options.worker)
    terminal.show(f"trial {trial.number}: dataset {trial.dataset} of group {trial.group}")
    row = {"trial": trial.number, "dataset": trial.dataset, "group": trial.group}
    _document(terminal, study, [row])


def tell(options: options_of.Tell, terminal: Terminal) -> None:
    """Tells a reward, of a trial or of a dataset."""
    if (options.trial is None) == (options.dataset is None):
        raise InputError("give --trial, or --dataset for a look that was never asked for")
    if options.key is not None and options.dataset is None:
        raise InputError("--key names a look that was never asked for; give --dataset with it")
    try:
        reward = float(options.reward)
    except ValueError:
        reward = math.nan
    if not math.isfinite(reward):
        raise InputError(f"--reward is '{options.reward}'; give a finite number, or use study fail")
    study = _open(options)
    of = options.dataset if options.trial is None else options.trial
    assert of is not None
    study.tell(of, reward, cost=options.cost, key=options.key)
    _say_state(study, terminal)


def fail(options: options_of.Fail, terminal: Terminal) -> None:
    """Fails a trial."""
    study = _open(options)
    study.fail(options.trial, options.reason, infeasible=options.infeasible)
    _say_state(study, terminal)


def renew(options: options_of.Renew, terminal: Terminal) -> None:
    """Renews the lease of a trial."""
    study = _open(options)
    if not study.renew(options.trial):
        raise InputError(
            f"trial {options.trial} is not open any more, so its lease cannot be renewed; its "
            f"reward still counts if you tell it"
        )
    _say_state(study, terminal)


def release(options: options_of.Release, terminal: Terminal) -> None:
    """Releases a trial."""
    study = _open(options)
    study.release(options.trial, options.reason)
    _say_state(study, terminal)


def add(options: options_of.Add, terminal: Terminal) -> None:
    """Adds a dataset."""
    study = _open(options)
    study.add(options.dataset, options.group, cost=options.cost, price=options.price)
    _say_pool(study, terminal)


def pause(options: options_of.Pause, terminal: Terminal) -> None:
    """Pauses a dataset."""
    study = _open(options)
    study.pause(options.dataset)
    _say_pool(study, terminal)


def resume(options: options_of.Resume, terminal: Terminal) -> None:
    """Resumes a dataset."""
    study = _open(options)
    study.resume(options.dataset)
    _say_pool(study, terminal)


def retire(options: options_of.Retire, terminal: Terminal) -> None:
    """Retires a dataset."""
    study = _open(options)
    study.retire(options.dataset)
    _say_pool(study, terminal)


def revise(options: options_of.Revise, terminal: Terminal) -> None:
    """Begins anew with a dataset."""
    study = _open(options)
    study.revise(options.dataset, options.content)
    _say_pool(study, terminal)


def bring_in(options: options_of.ImportResults, terminal: Terminal) -> None:
    """Tells the rewards of a file."""
    study = _open(options)
    added = study.import_results(options.file)
    terminal.show(f"{added} rewards were added from {options.file}")
    _say_state(study, terminal)


def status(options: options_of.Status, terminal: Terminal) -> None:
    """Prints everything that is known."""
    study = _open(options)
    certainty, reach = study.certainty(), study.reach()
    terminal.show(study.summary, *study_says(study.stopped, study.why, reach))
    terminal.show(datasets_table(certainty.datasets), *open_trials(study.trials()))
    known = {"chance_good": certainty.chance_good, "expected_loss": certainty.expected_loss}
    known |= {"chance_none_helps": certainty.chance_none_helps, "noise_sd": certainty.noise_sd}
    look = certainty.next_look
    known |= {"next_look": look and asdict(look), "groups": certainty.groups}
    more = {"certainty": known, "reach": reach, "trials": study.trials()}
    _document(terminal, study, certainty.datasets, more)


def export(options: options_of.ExportTrials, terminal: Terminal) -> None:
    """Writes the trials to a CSV file."""
    from dashjax.store.files import check_free, write_whole

    study = _open(options)
    check_free(options.out, options.overwrite)
    rows = [row | {"target": study.settings["target"]} for row in study.trials()]

    def write(path: os.PathLike[str]) -> None:
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list[str](_COLUMNS + _ABOUT))
            writer.writeheader()
            writer.writerows(rows)

    write_whole(options.out, write)
    terminal.show(f"{len(rows)} trials are in {options.out}")
    _document(terminal, study, rows)


def show_all(options: options_of.List, terminal: Terminal) -> None:
    """Prints the names of the studies, with their looks."""
    rows = []
    for name in open_store(options.store).studies():
        study = Study.open(options.store, name=name)
        counted = {state: 0 for state in ("told", "failed", "open")}
        for trial in study.trials():
            if trial["state"] in counted:
                counted[trial["state"]] += 1
        rows.append({"study": name, "datasets": len(study.datasets())} | counted)
        said = ", ".join(f"{number} {state}" for state, number in counted.items())
        terminal.show(f"{name}: {rows[-1]['datasets']} datasets; looks: {said}")
    terminal.document({"config": {"store": options.store}, "rows": rows})


def _open(options: options_of.Where) -> Study:
    return Study.open(options.store, name=options.name)


def _say_state(study: Study, terminal: Terminal) -> None:
    terminal.show(study.why)
    _document(terminal, study, study.trials())


def _say_pool(study: Study, terminal: Terminal) -> None:
    rows = study.datasets()
    there = sum(row["state"] == "in pool" for row in rows)
    terminal.show(f"study '{study.name}': {there} of {len(rows)} datasets may be looked at")
    _document(terminal, study, rows)


def _document(
    terminal: Terminal, study: Study, rows: list[dict[str, Any]], more: dict[str, Any] | None = None
) -> None:
    """Prints the JSON document where it was asked for; else nothing is computed for it."""
    if terminal.as_json:
        terminal.document(document(study, rows) | (more or {}))

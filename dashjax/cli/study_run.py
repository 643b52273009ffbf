"""`dashjax study run`: anyone's program, run for look after look until enough is known."""

import signal
import socket
import threading
from typing import Any

from dashjax.cli.output import Terminal
from dashjax.cli.study_options import Run
from dashjax.cli.study_text import document
from dashjax.errors import InputError
from dashjax.report.text.reach import study_says
from dashjax.study.program import Program
from dashjax.study.study import Study
from dashjax.study.worker_names import WorkerNames
from dashjax.study.workers import Done, Workers, program_looks, take_over

_PATIENCE = 3600.0  # seconds for which a database that went away is waited for
_MOST = 1000


def run(options: Run, terminal: Terminal) -> None:
    """Works until the study has stopped, and ends with the sentence."""
    if not 1 <= options.workers <= _MOST:
        raise InputError(f"--workers is {options.workers}; give 1 to {_MOST}")
    program = Program(options.command_line, options.timeout)
    study = Study.open(options.store, name=options.name, patience=_PATIENCE)
    logs = options.logs / study.name.replace("/", "_")
    logs.mkdir(parents=True, exist_ok=True)
    names = WorkerNames(options.host or socket.gethostname(), f"{options.store}/{study.name}")

    def said(done: Done) -> None:
        came = f"{done.reward:.6g}" if done.reward is not None else f"failed, {done.reason}"
        terminal.note(
            f"trial {done.trial.number}: {done.trial.dataset}: {came} ({done.seconds:.1f} s)"
        )

    _end_like_ctrl_c(signal.SIGTERM)
    try:
        mine = names.claim(options.workers)
        take_over(study, names, mine)
        looks = program_looks(program, logs, study.settings["target"])
        Workers(study, looks, said).work(mine)
        take_over(study, names)  # ours of before, which a study that has stopped does not need
    finally:
        names.release()
    rows = study.trials()
    out = [row for row in rows if row["state"] == "open"]
    if out and not study.stopped:
        terminal.warn(
            f"dashjax: {len(out)} looks are out elsewhere, first trial {out[0]['trial']} by "
            f"{out[0]['worker'] or 'a worker without a name'}; if nobody makes them, release them "
            f"with 'dashjax study release', and go on"
        )
    if not any(row["state"] == "told" for row in rows):
        raise InputError(f"no look of study '{study.name}' succeeded; {study.why}")
    terminal.show(study.summary, *study_says(study.stopped, study.why, study.reach()))
    if terminal.as_json:
        terminal.document(document(study, study.certainty().datasets))


def _end_like_ctrl_c(number: signal.Signals) -> None:
    def interrupt(_: int, __: Any) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(number, interrupt)

"""What each command can be told; nothing heavy is imported here."""

from dashjax.options.experiments import Demo, Fit, Replay, Report, Sweep
from dashjax.options.supply import Build, Pool, Show, Table, Verify

__all__ = ["Build", "Demo", "Fit", "Pool", "Replay", "Report", "Show", "Sweep", "Table", "Verify"]

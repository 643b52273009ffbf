"""Many runs: plans, sweeps, replays, metrics."""

"""Names that may be given, each with one line that explains it; it imports nothing heavy."""

METHODS_EXPLAINED = {
    "best": "told nothing: learns mean, noise and spreads, confirms what leads, stops when sure",
    "dash": "DaSH as published: draws a group, then a dataset in it",
    "dash-exact": "the same rule, with the exact posterior",
    "dash-judged": "DaSH's own pulls, judged by the exact posterior",
    "joint-ts": "Thompson sampling over all datasets, exact hierarchical posterior",
    "flat": "Thompson sampling without groups (DaS)",
    "round-robin": "every dataset in turn, no groups",
    "random": "datasets by chance, no groups",
}

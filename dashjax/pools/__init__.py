"""What can be chosen from: pools of datasets, and how they are read."""

"""Subsets that are chosen anew in every epoch of a training."""

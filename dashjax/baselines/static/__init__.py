"""Subsets that are chosen once, before any training: of samples, or of whole datasets."""

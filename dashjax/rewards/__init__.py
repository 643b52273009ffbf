"""What a dataset is worth: reward definitions, the trainer, and building a table."""

"""Results that others measured, brought into a reward table."""

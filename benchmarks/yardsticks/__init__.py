"""What a careful programmer would write by hand, to measure against."""

"""One self-contained HTML file, the answer first."""

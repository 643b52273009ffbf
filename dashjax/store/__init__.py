"""What is kept on disk: reward tables and results."""

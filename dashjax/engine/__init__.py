"""Speed, and nothing of bandits: loops, batches, random numbers, devices."""

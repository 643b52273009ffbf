"""One decision: what is believed, what is done, when it is enough, what is recommended."""

"""Deciding without a model: from the words and values of the question alone, and open about being unsure."""

"""Deciding without a model: from the words and values of the question alone, and open about being unsure."""

from reasoners.offline.reasoner import OfflineReasoner

__all__ = ["OfflineReasoner"]

"""The measures of the field for a ranked list: recall@k, COMP@k (all of it found), NDCG@k as in ToolBench."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence


def recall(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """Share of the gold among the first `k`."""
    return len(set(found[:k]) & set(gold)) / len(gold)


def complete(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """COMP@k: 1 if every gold entry is among the first `k`, else 0."""
    return float(set(gold) <= set(found[:k]))


def ndcg(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """Discounted gain of the first `k` against that of the best order."""
    gain = sum(1 / math.log2(place + 2) for place, name in enumerate(found[:k]) if name in gold)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(k, len(gold))))


MEASURES = {"recall": recall, "COMP": complete, "NDCG": ndcg}


def scores(found: Sequence[str], gold: Collection[str], depths: Sequence[int], label: str = "") -> Mapping[str, float]:
    """Every measure at every depth, by names such as `recall@10` with the label before them."""
    return {f"{label}{name}@{k}": measure(found, gold, k) for name, measure in MEASURES.items() for k in depths}

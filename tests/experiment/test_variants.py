"""The outcomes of variants, as a sequence."""

from __future__ import annotations

from typing import Any

import pytest

from spearmint_fp.experiment.variants import PendingOutcomes


def test_more_variants_than_len_can_say() -> None:
    pending = PendingOutcomes[Any](10**30, may_wait=False)
    assert pending
    with pytest.raises(OverflowError, match="more than len"):
        len(pending)

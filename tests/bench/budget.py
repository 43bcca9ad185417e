# SPDX-License-Identifier: Apache-2.0
"""How long a bench may measure: --quick ends in time on a slow machine, too."""

import math
import time

QUICK = 45.0  # seconds; what is under way then has another five


class Budget:
    """Seconds of measuring, without end or for --quick. What stands in `with budget:` counts; set-up does not."""

    def __init__(self, quick):
        self.left = QUICK if quick else math.inf
        self.began = 0.0

    def __enter__(self):
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        self.left -= time.monotonic() - self.began

    def rounds(self, most, keep=0.0):
        """Numbers from 0 on, as long as another round like the longest so far leaves `keep` seconds."""
        longest = 0.0
        for number in range(most):
            if self.left - longest <= keep:
                return
            began = time.monotonic()
            with self:
                yield number
            longest = max(longest, time.monotonic() - began)

    def limit(self, seconds):
        """How long something may be waited for: not beyond the end."""
        return max(1.0, min(seconds, self.left))

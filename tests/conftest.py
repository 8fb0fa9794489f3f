"""How Hypothesis runs: without deadlines, for machines are noisy, and the same examples in CI."""

import os

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize="CI" in os.environ)
# The long run: pytest --hypothesis-profile=long tests/gradcheck/cases
settings.register_profile("long", max_examples=50_000, deadline=None)
settings.load_profile("steady")

"""How tests run: Hypothesis without deadlines, for machines are noisy, and Ctrl-C everywhere."""

import os
import signal

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize="CI" in os.environ)
# The long run: pytest --hypothesis-profile=long tests/gradcheck/cases
settings.register_profile("long", max_examples=50_000, deadline=None)
settings.load_profile("steady")

# A shell has its background jobs ignore Ctrl-C, and what they start: tests send it all the same.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

"""Measured figures, one JSON object a line: {"name", "value", "unit", "target", "ok"}.

Plain scripts (`python -m bench.git`); they exit 0 whatever the figures: machines are noisy.
"""

from devhealth.tuning import tune

tune()  # as every process of ours is

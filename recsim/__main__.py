"""`python -m recsim`."""

from __future__ import annotations

import sys

from recsim.cli import main

sys.exit(main())

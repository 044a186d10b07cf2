"""`python -m certcenter_helper.window`."""

import sys

from certcenter_helper.window.start import main

sys.exit(main())

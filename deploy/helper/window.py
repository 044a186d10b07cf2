"""Where the packaged window begins (certcenter-helper.spec)."""

import sys

from certcenter_helper.window.start import main

sys.exit(main())

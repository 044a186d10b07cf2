"""Where the packaged command line begins (certcenter-helper.spec)."""

import sys

from certcenter_helper.cli.main import main

sys.exit(main())

"""`python -m certcenter.ctl` is `certcenterctl`."""

from certcenter.ctl.main import main

main()

"""`python -m certcenter_helper.cli`: the command line without its script."""

from certcenter_helper.cli.main import main

main()

"""The customer's own computer: the `certcenter` command line and the desktop helper, over one command core."""

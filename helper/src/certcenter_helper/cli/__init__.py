"""The command line `certcenter`: a thin shell over the command core."""

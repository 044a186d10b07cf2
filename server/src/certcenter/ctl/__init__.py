"""certcenterctl, the operator's command line: thin commands over the rooms' actions."""

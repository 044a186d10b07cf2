"""What every room stands on: clock, errors, ids, masks, Taiwan's rules, counted limits, leases, fault points."""

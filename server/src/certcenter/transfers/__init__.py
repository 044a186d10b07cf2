"""Upload to a phone: a relay that holds one sealed parcel a customer, once, for minutes (SPEC A12)."""

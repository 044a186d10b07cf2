"""For people who can't log in: unlock and reissue, with a certificate or by mail and phone (SPEC B3, B8–B10, manual M2)."""

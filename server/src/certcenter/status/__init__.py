"""Certificate status: OCSP (RFC 6960, RFC 5019) and CRLs (RFC 5280 §5) over plain HTTP (SPEC D3)."""

"""The numbered points of the issuing cycle, where a kill must lose and double nothing (docs/issuance-cycle.md, SPEC E8)."""

from certcenter.core.faults import register

ACCEPTED = register("issue:1-accepted", "the request row is committed, its grant spent")
CLAIMED = register("issue:2-claimed", "a worker holds the lease")
PREPARED = register("issue:3-prepared", "serial and to-be-signed bytes are committed")
CHECKED = register("issue:4-checked", "the stored bytes are compared, nothing is signed")
SIGNED = register("issue:5-signed", "the signatures exist in memory alone")
STORED = register("issue:6-stored", "certificates, audit rows and notices are committed")
PUBLISHED = register("issue:7-published", "the independent check is noted")
ACKNOWLEDGED = register("issue:8-acknowledged", "the device has installed it, the old one is superseded")

"""What the database itself refuses and adds, in both engines' dialects (migration 0002, `certcenterctl`)."""

#: Tables in which nothing is ever changed or deleted by the application.
APPEND_ONLY = ("audit_event", "audit_sequence", "audit_checkpoint")

SQLITE = [
    *(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ),
    (
        "CREATE TRIGGER audit_event_pending AFTER INSERT ON audit_event "
        "BEGIN INSERT INTO audit_pending (event_id) VALUES (NEW.id); END"
    ),
]

POSTGRES = [
    (
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END$$"
    ),
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        for table in APPEND_ONLY
    ),
    # SECURITY DEFINER: who may insert events needs no right to the list of pending ones.
    (
        "CREATE FUNCTION audit_note_pending() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path FROM CURRENT AS "
        "$$BEGIN INSERT INTO audit_pending (event_id) VALUES (NEW.id); RETURN NULL; END$$"
    ),
    (
        "CREATE TRIGGER audit_event_pending AFTER INSERT ON audit_event "
        "FOR EACH ROW EXECUTE FUNCTION audit_note_pending()"
    ),
]


def application_grants(role: str, *, sequencer: str | None = None) -> list[str]:
    """Return the statements that leave `role` no more than INSERT and SELECT on the history (PostgreSQL).

    Run them as the tables' owner, with an application role that does not own them. `sequencer` is the role that
    may sequence (the worker's); without it the application role itself may, which the threat model counts as weaker.
    Raises ValueError for a name that is no plain identifier.
    """
    for name in (role, sequencer or role):
        if not name.isidentifier():
            raise ValueError(f"not a plain role name: {name!r}")
    mover = sequencer or role
    history = ", ".join(APPEND_ONLY)
    return [
        f'REVOKE ALL ON {history}, audit_pending, audit_treehead FROM "{role}", "{mover}"',
        f'GRANT SELECT ON {history}, audit_pending, audit_treehead TO "{role}", "{mover}"',
        f'GRANT INSERT ON audit_event TO "{role}", "{mover}"',
        f'GRANT USAGE ON SEQUENCE audit_event_id_seq TO "{role}", "{mover}"',
        f'GRANT INSERT ON audit_sequence, audit_checkpoint TO "{mover}"',
        f'GRANT DELETE ON audit_pending TO "{mover}"',
        f'GRANT INSERT, UPDATE ON audit_treehead TO "{mover}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON audit_refusaltally TO "{role}", "{mover}"',
        f'GRANT USAGE ON SEQUENCE audit_refusaltally_id_seq TO "{role}", "{mover}"',
    ]

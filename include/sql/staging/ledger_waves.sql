-- Put the rows of a ledger into the waves of their scopes; those of scopes that are left out go.
-- Filled in: :scope, the column that names the unit which reports the form: its town, or the county.
update typed_rows
set
    wave = coalesce((
        select ledger_scopes.wave
        from ledger_scopes
        where
            ledger_scopes.submission_id = typed_rows.submission_id
            and ledger_scopes.unit_code = typed_rows.:scope
            and ledger_scopes.period = typed_rows.period
    ), 0);

delete from typed_rows
where wave = 0

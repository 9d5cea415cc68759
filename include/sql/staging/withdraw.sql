-- Close the present versions of a ledger's rows that a later return of their scope no longer has.
update :facts
set to_load = ledger_scopes.load_id
from ledger_scopes
where
    ledger_scopes.wave = :wave
    and ledger_scopes.may_withdraw
    and :facts.:scope = ledger_scopes.unit_code
    and :facts.period = ledger_scopes.period
    and :facts.to_load is null
    and not exists (
        select 1
        from typed_rows
        where
            typed_rows.submission_id = ledger_scopes.submission_id -- noqa: RF01
            and typed_rows.org_id = :facts.org_id
            and typed_rows.period = :facts.period
            and typed_rows.row_key = :facts.row_key
    )
returning ledger_scopes.submission_id, :facts.county_code, :facts.period

-- The next table of the same transaction begins anew.
drop table if exists changes, ledger_scopes, typed_rows, incoming_rows

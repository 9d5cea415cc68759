-- The next table of the same transaction begins anew.
drop table if exists changes, typed_rows, incoming_rows

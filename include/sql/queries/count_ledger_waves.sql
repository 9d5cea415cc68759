-- How many submissions state the same scope of a ledger at most, with rows or without?
-- One row.
select max(wave) as waves
from ledger_scopes

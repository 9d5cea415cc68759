-- How many submissions of the staged rows speak of the same unit, period and row key at most?
-- One row.
select max(wave) as waves
from typed_rows

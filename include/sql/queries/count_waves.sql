-- How many submissions of the staged rows speak of the same unit and period at most?
-- One row.
select max(wave) as waves
from typed_rows

-- Of which counties and periods does the present wave change rows?
-- One row per county and period.
select distinct
    county_code,
    period
from changes
where action in ('insert', 'change')

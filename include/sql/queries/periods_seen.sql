-- For which periods was any return of a form received?
-- Grain: one row per period.
select distinct period
from ops.submissions
where
    form_code = :form_code
    and period is not null
order by period

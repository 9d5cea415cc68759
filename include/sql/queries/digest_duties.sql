-- Which returns does a county still wait for, overdue or due within thirty days?
-- Grain: one row per owing unit, form and period, in order of due dates.
select
    duty.unit_name,
    duty.form_title,
    duty.period,
    duty.due_on,
    duty.duty,
    duty.submission,
    duty.label
from marts.submission_matrix as duty
where
    duty.county_code = :county_code
    and duty.duty <> 'not_applicable'
    and duty.submitted_at is null
    and duty.due_on < cast(:today as date) + 30
order by duty.due_on, duty.form_code, duty.period, duty.unit_code

-- Who owes which return of a period, and how does it stand?
-- Grain: one row per unit that owes a form.
select
    county_code,
    unit_code,
    unit_name,
    form_code,
    form_title,
    period,
    due_on,
    duty,
    submission,
    review,
    label,
    submission_id,
    submitted_at,
    is_late,
    open_errors
from marts.submission_matrix
where period = :period
order by form_code, unit_code

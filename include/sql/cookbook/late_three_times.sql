-- Which towns have reported late three times or more?
-- Grain: one row per unit with at least three late returns, of any form.

select
    duty.unit_code,
    duty.unit_name,
    count(*) as late_returns,
    min(duty.period) as first_late,
    max(duty.period) as last_late
from marts.submission_matrix as duty
where duty.is_late
group by duty.unit_code, duty.unit_name
having count(*) >= 3
order by late_returns desc, duty.unit_code asc

-- What does the present wave do?
-- One row per submission and action.
select
    submission_id,
    action,
    count(*) as changed_rows
from changes
group by submission_id, action

-- Which of :submission_ids may take effect and have not?
-- One row per submission, in order of receipt.
select
    submission_id,
    sha256,
    form_code,
    table_names,
    period
from ops.submissions
where
    submission_id = any(:submission_ids)
    and load_id is null
    and (outcome = 'load' or decision = 'released')
order by submission_id
for update

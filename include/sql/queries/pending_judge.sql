-- Which submissions wait for a verdict?
-- One row per submission, in order of receipt.
select submission_id
from ops.submissions
where judged_at is null
order by submission_id

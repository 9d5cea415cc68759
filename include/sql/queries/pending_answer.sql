-- Which submissions have a verdict their sender has not been told?
-- One row per submission, in order of receipt; what nobody meant to hand in is not answered.
select submission_id
from ops.submissions
where judged_at is not null and answered_at is null and outcome <> 'ignore'
order by submission_id

-- Which files are these :submission_ids, when did they come in, and what was decided about them?
-- Grain: one row per submission.
select
    submission.submission_id,
    submission.sha256,
    submission.archive_name,
    submission.share as share_name,
    concat_ws('/', nullif(submission.inbox, ''), nullif(submission.folder, ''), submission.file_name) as file_path,
    submission.received_at,
    submission.load_id,
    submission.loaded_at,
    decision.kind as decision,
    decision.reason,
    decision.decided_by,
    decision.decided_at
from ops.submissions as submission
left join ops.decisions as decision on submission.submission_id = decision.submission_id
where submission.submission_id = any(:submission_ids) -- noqa: RF02
order by submission.submission_id

-- Of which files does the archive keep what was read from them?
-- One row per judged file, in order of receipt.
select
    submission_id,
    sha256
from ops.submissions
where judged_at is not null
order by submission_id

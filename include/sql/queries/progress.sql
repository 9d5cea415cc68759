-- How far has the pipeline come with what was received?
-- Grain: one row.
select
    count(*) as received,
    count(judged_at) as judged,
    count(answered_at) as answered,
    count(*) filter (where outcome = 'load' or decision = 'released') as to_load,
    count(loaded_at) as loaded,
    count(*) filter (where outcome = 'quarantine_file') as held,
    count(*) filter (where outcome = 'reject') as rejected
from ops.submissions

-- Note with each submission by which load it took effect, for the loads after :last_load.
-- One row per such load.
update ops.submissions
set
    load_id = loads.load_id,
    loaded_at = loads.loaded_at
from ops.loads
where
    loads.load_id > :last_load
    and submissions.submission_id = loads.submission_id

-- What must be known of submissions to load them?
-- One row per submission of :ids.
select
    submission_id,
    sha256,
    form_code,
    table_names,
    period,
    unit_code,
    county_code
from ops.submissions
where submission_id = any(:ids)

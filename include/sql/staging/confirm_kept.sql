-- Note on unchanged versions which receipt stated them last: an older receipt that comes later must not replace them.
update :facts
set confirmed_by = changes.submission_id
from changes
where
    changes.action = 'keep'
    and :facts.org_id = changes.org_id
    and :facts.period = changes.period
    and :facts.row_key = changes.row_key
    and :facts.to_load is null
    and :facts.confirmed_by < changes.submission_id

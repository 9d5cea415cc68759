-- Close the present versions that a wave replaces.
update :facts
set to_load = changes.load_id
from changes
where
    changes.action = 'change'
    and :facts.org_id = changes.org_id
    and :facts.period = changes.period
    and :facts.row_key = changes.row_key
    and :facts.to_load is null

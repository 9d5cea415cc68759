-- Which is the last load until a moment (null: of all)? Null if there is none.
select max(ops_load.load_id) as load_id
from ops.loads as ops_load
where ops_load.loaded_at <= coalesce(cast(:until as timestamptz), 'infinity')

-- How far is each plan, as known at a load number (null: now)?
-- Grain: one row per plan, scope and milestone.
select board.*
from marts.coverage_board(coalesce(cast(:known_at as bigint), (select max(loads.load_id) from ops.loads as loads))) as board
where cast(:plan_code as text) is null or board.plan_code = :plan_code
order by board.plan_code, board.scope_level, board.scope_code, board.milestone_number

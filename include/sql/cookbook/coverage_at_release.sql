-- What was the coverage of every town as published in release 2026Q3-1?
-- Grain: one row per plan, milestone and scope (the county and its towns).

select
    board.plan_code,
    board.period,
    board.scope_code,
    board.scope_name,
    board.accepted,
    board.tasks,
    board.required,
    board.is_met
from ops.releases as published
cross join lateral marts.coverage_board(published.load_id) as board
where published.name = '2026Q3-1'
order by board.plan_code, board.period, board.scope_code

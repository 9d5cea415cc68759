-- What was the coverage of every town as published in release 2026Q3-1?
-- Grain: one row per plan, milestone and scope (the county and its towns).
-- A package is the release: open 2026Q3-1 and ask marts.coverage_board. From a package beside it:

select
    board.plan_code,
    board.period,
    board.scope_code,
    board.scope_name,
    board.accepted,
    board.tasks,
    board.required,
    board.is_met
from read_parquet('../2026Q3-1/marts/coverage_board.parquet') as board
order by board.plan_code, board.period, board.scope_code

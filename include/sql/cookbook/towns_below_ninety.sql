-- Which towns are below 90 %, and how many villages short of it?
-- Grain: one row per plan and town that is short of the milestone of 9/10, by how many it is short.

select
    board.plan_code,
    board.period,
    board.scope_code,
    board.scope_name,
    board.accepted,
    board.tasks,
    board.required,
    board.short
from marts.coverage_board as board
where board.scope_level = 'town' and 10 * board.share_numerator = 9 * board.share_denominator and not board.is_met
order by board.plan_code asc, board.short desc, board.scope_code asc

-- How far is each plan, as known at a load number (null: now)?
-- Grain: one row per plan, scope and milestone.
with final as (
    select board.*
    from marts.coverage_board(
        coalesce(cast(:known_at as bigint), (select max(loads.load_id) from ops.loads as loads))
    ) as board
)

select * from final
where plan_code = coalesce(cast(:plan_code as text), plan_code)
order by plan_code, scope_level, scope_code, milestone_number

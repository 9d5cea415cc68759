-- How far is each plan, as known at a load number (null: now) and seen from a day (null: that of the load, in China)?
-- Grain: one row per plan, scope and milestone.
with moments as (
    select
        ops_load.load_id,
        coalesce(cast(:as_of as date), cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date)) as seen_on
    from ops.loads as ops_load
    where ops_load.load_id = coalesce(cast(:known_at as bigint), (select max(loads.load_id) from ops.loads as loads))
),

final as (
    select board.*
    from moments
    cross join lateral marts.milestones(moments.load_id, moments.seen_on) as board
)

select * from final -- noqa: AM04
where plan_code = coalesce(cast(:plan_code as text), plan_code)
order by plan_code, scope_level, scope_code, milestone_number

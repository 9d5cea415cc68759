-- How did each plan come on, as known at a load number (null: now)?
-- Grain: one row per plan, scope and day on which something happened, with the day on which the list was frozen.
with moments as (
    select coalesce(cast(:known_at as bigint), max(ops_load.load_id)) as load_id
    from ops.loads as ops_load
),

plans as (
    select
        plan.plan_code,
        plan.frozen_on
    from core.plans as plan
    cross join moments
    where plan.from_load <= moments.load_id and (plan.to_load is null or plan.to_load > moments.load_id)
),

final as (
    select
        of_day.plan_code,
        of_day.scope_code,
        of_day.day,
        of_day.accepted,
        plans.frozen_on
    from moments
    cross join lateral marts.plan_days(moments.load_id) as of_day
    inner join plans on of_day.plan_code = plans.plan_code
)

select * from final
where plan_code = coalesce(cast(:plan_code as text), plan_code)
order by plan_code, scope_code, day

-- How far are a county and its towns, today, from the milestones of their plans?
-- Grain: one row per plan, scope and milestone with a share.
select
    milestone.plan_code,
    milestone.plan_title,
    milestone.scope_code,
    milestone.scope_name,
    milestone.period,
    milestone.period_end,
    milestone.tasks,
    milestone.accepted,
    milestone.required,
    milestone.short,
    milestone.light,
    milestone.is_reported
from marts.milestones(:known_at, :today) as milestone
where left(milestone.scope_code, 6) = left(:county_code, 6) and milestone.required is not null
order by milestone.plan_code, milestone.period_end, milestone.scope_code

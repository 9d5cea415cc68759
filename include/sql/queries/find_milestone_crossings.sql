-- Which milestones were reached for the first time, and on which day?
-- Of the plans :plan_codes. Grain: one row per plan, scope (the county and every town on the list) and milestone with a
-- share, not recorded before.
--
-- Accepted and tasks are summed up load by load, so the crossing names the load that made it known, however many loads
-- have come since the last mark. reached_on is the first day on which accepted >= required, as known at that load, and
-- accepted the number on that day.
with plans as (
    select
        build_plan.plan_code,
        build_plan.county_code
    from core.plans as build_plan
    where build_plan.plan_code = any(:plan_codes) and build_plan.to_load is null
),

milestones as (
    select
        milestone.plan_code,
        milestone.number,
        milestone.share_numerator,
        milestone.share_denominator,
        milestone.from_load,
        milestone.to_load,
        period.last_day
    from core.plan_milestones as milestone
    inner join core.dim_period as period on milestone.period = period.period
    where milestone.plan_code = any(:plan_codes) and milestone.share_numerator is not null -- noqa: RF02
),

tasks as (
    select
        plan_task.plan_code,
        plan_task.org_id,
        plan_task.town_code,
        plan_task.from_load,
        plan_task.to_load
    from core.plan_tasks as plan_task
    where plan_task.plan_code = any(:plan_codes)
),

events as (
    select
        tasks.plan_code,
        tasks.town_code,
        acceptance.event_on,
        acceptance.from_load,
        acceptance.to_load,
        case when acceptance.kind = 'accepted' then 1 else -1 end as accepted
    from core.acceptance_events as acceptance
    inner join tasks
        on
            acceptance.plan_code = tasks.plan_code
            and acceptance.org_id = tasks.org_id
            and acceptance.from_load >= tasks.from_load
            and (tasks.to_load is null or acceptance.from_load < tasks.to_load)
    where acceptance.plan_code = any(:plan_codes) -- noqa: RF02
),

changes as (
    select
        milestones.plan_code,
        milestones.number,
        milestones.from_load as version_load,
        tasks.town_code,
        moment.load_id,
        sum(moment.sign) as listed,
        0 as accepted
    from tasks
    inner join milestones on tasks.plan_code = milestones.plan_code
    cross join lateral (values (tasks.from_load, 1), (tasks.to_load, -1)) as moment (load_id, sign)
    where moment.load_id is not null
    group by milestones.plan_code, milestones.number, milestones.from_load, tasks.town_code, moment.load_id
    union all
    -- the milestone's own change is a moment too: its requirement may be met by what was there before
    select distinct
        milestones.plan_code,
        milestones.number,
        milestones.from_load as version_load,
        tasks.town_code,
        milestones.from_load as load_id,
        0 as listed,
        0 as accepted
    from tasks
    inner join milestones on tasks.plan_code = milestones.plan_code
    union all
    select
        milestones.plan_code,
        milestones.number,
        milestones.from_load as version_load,
        events.town_code,
        moment.load_id,
        0 as listed,
        sum(moment.sign * events.accepted) as accepted
    from events
    inner join milestones on events.plan_code = milestones.plan_code and events.event_on <= milestones.last_day
    cross join lateral (values (events.from_load, 1), (events.to_load, -1)) as moment (load_id, sign)
    where moment.load_id is not null
    group by milestones.plan_code, milestones.number, milestones.from_load, events.town_code, moment.load_id
),

scope_changes as (
    select
        changes.plan_code,
        changes.number,
        changes.version_load,
        coalesce(changes.town_code, plans.county_code) as scope_code,
        changes.load_id,
        sum(changes.listed) as listed,
        sum(changes.accepted) as accepted
    from changes
    inner join plans on changes.plan_code = plans.plan_code
    group by
        grouping sets (
            (
                changes.plan_code, changes.number, changes.version_load, changes.load_id, plans.county_code,
                changes.town_code
            ),
            (changes.plan_code, changes.number, changes.version_load, changes.load_id, plans.county_code)
        )
),

standings as (
    select
        scope_changes.plan_code,
        scope_changes.number,
        scope_changes.version_load,
        scope_changes.scope_code,
        scope_changes.load_id,
        sum(scope_changes.listed) over by_load as listed,
        sum(scope_changes.accepted) over by_load as accepted
    from scope_changes
    window by_load as (
        partition by
            scope_changes.plan_code, scope_changes.number, scope_changes.version_load, scope_changes.scope_code
        order by scope_changes.load_id
    )
),

requirements as (
    select
        standings.*,
        milestones.last_day,
        div(
            milestones.share_numerator * standings.listed + milestones.share_denominator - 1,
            cast(milestones.share_denominator as numeric)
        ) as required
    from standings
    inner join milestones
        on
            standings.plan_code = milestones.plan_code
            and standings.number = milestones.number
            and standings.version_load = milestones.from_load
            and standings.load_id >= milestones.from_load
            and (milestones.to_load is null or standings.load_id < milestones.to_load)
),

first_reached as (
    select distinct on (requirements.plan_code, requirements.scope_code, requirements.number) requirements.*
    from requirements
    where requirements.listed > 0 and requirements.accepted >= requirements.required
    order by
        requirements.plan_code asc, requirements.scope_code asc, requirements.number asc, requirements.load_id asc
),

new_crossings as (
    select first_reached.*
    from first_reached
    where
        not exists (
            select 1
            from core.milestone_crossings as recorded
            where
                first_reached.plan_code = recorded.plan_code
                and first_reached.scope_code = recorded.scope_code
                and first_reached.number = recorded.number
        )
),

scope_events as (
    select
        events.*,
        events.town_code as scope_code
    from events
    union all
    select
        events.*,
        plans.county_code as scope_code
    from events
    inner join plans on events.plan_code = plans.plan_code
),

days as (
    select
        crossing.plan_code,
        crossing.scope_code,
        crossing.number,
        crossing.required,
        happened.event_on,
        sum(sum(happened.accepted)) over (
            partition by crossing.plan_code, crossing.scope_code, crossing.number
            order by happened.event_on
        ) as accepted
    from new_crossings as crossing
    inner join scope_events as happened
        on
            crossing.plan_code = happened.plan_code
            and crossing.scope_code = happened.scope_code
            and crossing.last_day >= happened.event_on
            and crossing.load_id >= happened.from_load
            and (happened.to_load is null or crossing.load_id < happened.to_load)
    group by crossing.plan_code, crossing.scope_code, crossing.number, crossing.required, happened.event_on
),

first_days as (
    select distinct on (days.plan_code, days.scope_code, days.number) days.*
    from days
    where days.accepted >= days.required
    order by days.plan_code asc, days.scope_code asc, days.number asc, days.event_on asc
),

final as (
    select
        crossing.plan_code,
        crossing.scope_code,
        crossing.number,
        first_days.event_on as reached_on,
        cast(first_days.accepted as int) as accepted,
        cast(crossing.required as int) as required,
        crossing.load_id as from_load
    from new_crossings as crossing
    inner join first_days
        on
            crossing.plan_code = first_days.plan_code
            and crossing.scope_code = first_days.scope_code
            and crossing.number = first_days.number
)

select * from final
order by plan_code asc, number asc, scope_code asc

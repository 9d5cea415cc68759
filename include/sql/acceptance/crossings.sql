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
    where plan_task.plan_code = any(:plan_codes) and plan_task.role is null -- noqa: RF02
),

town_events as (
    select
        tasks.plan_code,
        tasks.town_code,
        acceptance.event_on,
        moment.load_id,
        sum(moment.sign * case acceptance.kind when 'accepted' then 1 else -1 end) as accepted
    from core.acceptance_events as acceptance
    inner join tasks
        on
            acceptance.plan_code = tasks.plan_code
            and acceptance.org_id = tasks.org_id
            and acceptance.from_load >= tasks.from_load
            and (tasks.to_load is null or acceptance.from_load < tasks.to_load)
    cross join lateral (values (acceptance.from_load, 1), (acceptance.to_load, -1)) as moment (load_id, sign)
    where
        acceptance.plan_code = any(:plan_codes) -- noqa: RF02
        and acceptance.kind in ('accepted', 'regressed')
        and moment.load_id is not null
    group by tasks.plan_code, tasks.town_code, acceptance.event_on, moment.load_id
),

town_lists as (
    select
        tasks.plan_code,
        tasks.town_code,
        moment.load_id,
        sum(moment.sign) as listed
    from tasks
    cross join lateral (values (tasks.from_load, 1), (tasks.to_load, -1)) as moment (load_id, sign)
    where moment.load_id is not null
    group by tasks.plan_code, tasks.town_code, moment.load_id
),

towns as (
    select
        town.plan_code,
        town.town_code,
        scope.scope_code
    from
        (
            select distinct
                town_lists.plan_code,
                town_lists.town_code
            from town_lists
        ) as town
    inner join plans on town.plan_code = plans.plan_code
    cross join
        lateral (
            select distinct listed.scope_code
            from
                unnest(array[plans.county_code, left(town.town_code, 6) || '000000', town.town_code])
                    as listed (scope_code)
        ) as scope
),

changes as (
    select
        milestones.plan_code,
        milestones.number,
        milestones.from_load as version_load,
        town_lists.town_code,
        town_lists.load_id,
        town_lists.listed,
        0 as accepted
    from town_lists
    inner join milestones on town_lists.plan_code = milestones.plan_code
    union all
    -- the milestone's own change is a moment too: its requirement may be met by what was there before
    select distinct
        milestones.plan_code,
        milestones.number,
        milestones.from_load as version_load,
        town_lists.town_code,
        milestones.from_load as load_id,
        0 as listed,
        0 as accepted
    from town_lists
    inner join milestones on town_lists.plan_code = milestones.plan_code
    union all
    select
        milestones.plan_code,
        milestones.number,
        milestones.from_load as version_load,
        town_events.town_code,
        town_events.load_id,
        0 as listed,
        town_events.accepted
    from town_events
    inner join milestones
        on town_events.plan_code = milestones.plan_code and town_events.event_on <= milestones.last_day
),

scope_changes as (
    select
        changes.plan_code,
        changes.number,
        changes.version_load,
        towns.scope_code,
        changes.load_id,
        sum(changes.listed) as listed,
        sum(changes.accepted) as accepted
    from changes
    inner join towns on changes.plan_code = towns.plan_code and changes.town_code = towns.town_code
    group by changes.plan_code, changes.number, changes.version_load, towns.scope_code, changes.load_id
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

days as (
    select
        crossing.plan_code,
        crossing.scope_code,
        crossing.number,
        happened.event_on,
        sum(sum(happened.accepted)) over (
            partition by crossing.plan_code, crossing.scope_code, crossing.number
            order by happened.event_on
        ) as accepted,
        crossing.required
    from new_crossings as crossing
    inner join towns on crossing.plan_code = towns.plan_code and crossing.scope_code = towns.scope_code
    inner join town_events as happened
        on
            towns.plan_code = happened.plan_code
            and towns.town_code = happened.town_code
            and crossing.last_day >= happened.event_on
            and crossing.load_id >= happened.load_id
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

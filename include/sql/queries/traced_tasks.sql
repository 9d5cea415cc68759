-- Where do the villages of a plan's list stand at a milestone :number, and which row says so, as known at :known_at?
-- Grain: one row per village of the frozen list (of :unit_code: the county, or one of its towns).
with tasks as (
    select
        plan_task.plan_code,
        plan_task.org_id,
        plan_task.period_end,
        plan_task.town_code,
        plan_task.is_accepted,
        plan_task.is_regressed,
        plan_task.changed_on
    from marts.task_progress(:known_at) as plan_task
    where
        plan_task.plan_code = :plan_code
        and plan_task.milestone_number = :number
        and plan_task.role = 'task'
),

plans as (
    select
        build_plan.plan_code,
        build_plan.county_code,
        build_plan.form_code,
        build_plan.table_name
    from core.plans as build_plan
    where
        build_plan.plan_code = :plan_code
        and build_plan.from_load <= :known_at
        and (build_plan.to_load is null or build_plan.to_load > :known_at)
),

events as (
    select
        acceptance.org_id,
        acceptance.event_on,
        acceptance.kind,
        acceptance.period,
        acceptance.submission_id,
        acceptance.from_load
    from core.acceptance_events as acceptance
    where
        acceptance.plan_code = :plan_code
        and acceptance.from_load <= :known_at
        and (acceptance.to_load is null or acceptance.to_load > :known_at)
),

gaps as (
    select
        gap.division_code,
        gap.reason,
        gap.reported_period
    from marts.gap_list(:known_at) as gap
    where gap.plan_code = :plan_code and gap.milestone_number = :number
),

orgs as (
    select distinct on (org_id)
        org_id,
        place_code
    from core.dim_org
    where from_load <= :known_at and (to_load is null or to_load > :known_at)
    order by org_id asc, valid_from desc
),

final as (
    select
        plans.form_code,
        plans.table_name,
        tasks.org_id,
        orgs.place_code as division_code,
        tasks.town_code,
        tasks.is_accepted,
        tasks.is_regressed,
        events.event_on,
        events.kind,
        coalesce(events.period, gaps.reported_period) as period,
        events.submission_id,
        events.from_load,
        gaps.reason
    from tasks
    inner join plans on tasks.plan_code = plans.plan_code
    inner join orgs on tasks.org_id = orgs.org_id
    left join events
        on
            tasks.org_id = events.org_id
            and tasks.changed_on = events.event_on
            and events.kind = case when tasks.is_accepted then 'accepted' else 'regressed' end
    left join gaps on orgs.place_code = gaps.division_code
    where :unit_code in (tasks.town_code, plans.county_code) -- noqa: RF02
)

select * from final
order by town_code, division_code

-- At which loads after :since did something change that says how far a task of the plans :plan_codes is? Where :since
-- is 0: after the last load that changed an event of the plan.
-- Grain: one row per plan, village and load, in order of loads; next_load_id: the village's next one.
--
-- Left out is who only reports, in the latest period, that all is as it was: most villages in most quarters.
create temporary table moments on commit drop as
with tasks as (
    select
        plan_task.plan_code,
        plan_task.org_id,
        plan_task.from_load,
        plan_task.to_load
    from core.plan_tasks as plan_task
    where plan_task.plan_code = any(:plan_codes)
),

listed as (
    select distinct
        tasks.plan_code,
        tasks.org_id
    from tasks
),

states as (
    select
        acceptance.plan_code,
        acceptance.org_id,
        max(acceptance.event_on) filter (where acceptance.kind = 'accepted')
        > coalesce(max(acceptance.event_on) filter (where acceptance.kind = 'regressed'), '-infinity') as is_accepted,
        min(acceptance.event_on) filter (where acceptance.kind in ('built', 'accepted')) as built_on,
        min(acceptance.event_on) filter (where acceptance.kind in ('started', 'built', 'accepted')) as started_on
    from core.acceptance_events as acceptance
    where acceptance.plan_code = any(:plan_codes) and acceptance.to_load is null
    group by acceptance.plan_code, acceptance.org_id
),

village_reports as (
    select
        report.org_id,
        report.from_load,
        report.to_load,
        report.build_status,
        report.floor_area_m2,
        least(report.built_on, period.last_day) as built_on,
        period.last_day,
        report.from_load > :since -- noqa: RF02
        and report.to_load is null
        and not array[
            report.cell_states ->> '_row',
            report.cell_states ->> 'build_status',
            report.cell_states ->> 'floor_area_m2'
        ] && array['contested', 'withheld']
        and not exists (
            select 1
            from core.fct_village_center as later
            where later.org_id = report.org_id and later.period > report.period and later.to_load is null
        ) as is_latest
    from core.fct_village_center as report
    inner join core.dim_period as period on report.period = period.period
    where report.from_load > :since or report.to_load > :since -- noqa: RF02
),

changes as (
    select
        listed.plan_code,
        report.org_id,
        report.from_load,
        report.to_load,
        report.is_latest
        and case
            when report.build_status = 'built' and report.floor_area_m2 >= build_plan.minimum_floor_area_m2
                then states.is_accepted
            when states.is_accepted then false
            when report.build_status = 'built' then states.built_on <= coalesce(report.built_on, report.last_day)
            when report.build_status = 'under_construction' then states.started_on <= report.last_day
            else report.build_status = 'not_built'
        end as says_the_same
    from village_reports as report
    inner join listed on report.org_id = listed.org_id
    inner join core.plans as build_plan on listed.plan_code = build_plan.plan_code and build_plan.to_load is null
    left join states on listed.plan_code = states.plan_code and listed.org_id = states.org_id
    union all
    select
        listed.plan_code,
        report.org_id,
        report.from_load,
        report.to_load,
        false as says_the_same
    from core.fct_construction_task as report
    inner join listed on report.org_id = listed.org_id
    where report.from_load > :since or report.to_load > :since -- noqa: RF02
    union all
    select
        listed.plan_code,
        finding.org_id,
        finding.from_load,
        finding.to_load,
        false as says_the_same
    from ops.relation_findings as finding
    inner join listed on finding.org_id = listed.org_id
    where
        finding.table_name in ('village_center', 'construction_task')
        and finding.severity = 'error'
        and (finding.from_load > :since or finding.to_load > :since) -- noqa: RF02
    union all
    select
        tasks.plan_code,
        tasks.org_id,
        tasks.from_load,
        tasks.to_load,
        false as says_the_same
    from tasks
    where tasks.from_load > :since or tasks.to_load > :since
    union all
    select
        build_plan.plan_code,
        tasks.org_id,
        build_plan.from_load,
        null as to_load,
        false as says_the_same
    from core.plans as build_plan
    inner join tasks on build_plan.plan_code = tasks.plan_code
    where build_plan.from_load > :since -- noqa: RF02
),

last_marks as (
    select
        acceptance.plan_code,
        max(greatest(acceptance.from_load, acceptance.to_load)) as load_id
    from core.acceptance_events as acceptance
    where acceptance.plan_code = any(:plan_codes) and :since = 0
    group by acceptance.plan_code
),

loads as (
    select
        changes.plan_code,
        changes.org_id,
        turn.load_id,
        coalesce(bool_and(changes.says_the_same), false) as says_the_same
    from changes
    cross join lateral (values (changes.from_load), (changes.to_load)) as turn (load_id)
    left join last_marks on changes.plan_code = last_marks.plan_code
    where
        turn.load_id > :since -- noqa: RF02
        and (last_marks.load_id is null or turn.load_id > last_marks.load_id)
    group by changes.plan_code, changes.org_id, turn.load_id
),

ordered as (
    select
        loads.plan_code,
        loads.org_id,
        loads.load_id,
        row_number() over by_load as moment,
        lead(loads.load_id) over by_load as next_load_id,
        count(*) over by_village = 1 and loads.says_the_same as says_the_same
    from loads
    window
        by_load as (partition by loads.plan_code, loads.org_id order by loads.load_id),
        by_village as (partition by loads.plan_code, loads.org_id)
),

final as (
    select
        ordered.plan_code,
        ordered.org_id,
        ordered.load_id,
        ordered.moment,
        ordered.next_load_id
    from ordered
    where not ordered.says_the_same
)

select * from final

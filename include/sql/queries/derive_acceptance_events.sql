-- Which acceptance events follow from the returns, and from which load to which were they known?
-- Of the plans :plan_codes. Grain: one row per plan, village, event and unbroken span of loads since the plan's last
-- mark, and one row without event per village that changed and has none. is_stored: it was there before.
-- changed_at: the village's first change.
--
-- A village's rows are walked by period. The first row that is met gives 'accepted'; a later row that is not met gives
-- 'regressed'; met again gives 'accepted' again. Met: built, and the floor area at least the plan's. A row that is
-- contested (also by a comparison with other rows), withheld or incomplete where it matters says nothing. Events are
-- derived as known at every load that changed one of the village's rows, what contests them or the plan's own terms, so
-- the same receipts give the same events however often this runs.
-- Dates (domain §4.2): built_on where it lies within the period or before it, but after a relapse; else the period's
-- last day.
with plans as (
    select
        build_plan.plan_code,
        build_plan.minimum_floor_area_m2,
        build_plan.from_load,
        build_plan.to_load
    from core.plans as build_plan
    where build_plan.plan_code = any(:plan_codes)
),

tasks as (
    select
        plan_task.plan_code,
        plan_task.org_id,
        plan_task.from_load,
        plan_task.to_load
    from core.plan_tasks as plan_task
    where plan_task.plan_code = any(:plan_codes)
),

villages as (
    select distinct
        tasks.plan_code,
        tasks.org_id
    from tasks
),

last_marks as (
    select
        acceptance.plan_code,
        max(greatest(acceptance.from_load, acceptance.to_load)) as load_id
    from core.acceptance_events as acceptance
    where acceptance.plan_code = any(:plan_codes)
    group by acceptance.plan_code
),

reports as (
    select
        report.org_id,
        report.period,
        period.last_day,
        report.build_status,
        report.floor_area_m2,
        report.built_on,
        report.submission_id,
        report.sheet,
        report.row_number,
        report.from_load,
        report.to_load,
        array[
            report.cell_states ->> '_row',
            report.cell_states ->> 'build_status',
            report.cell_states ->> 'floor_area_m2'
        ] && array['contested', 'withheld'] as is_doubtful
    from core.fct_village_center as report
    inner join core.dim_period as period on report.period = period.period
    where report.org_id in (select tasks.org_id from tasks)
),

contests as (
    select
        finding.org_id,
        finding.period,
        finding.from_load,
        finding.to_load
    from ops.relation_findings as finding
    where
        finding.table_name = 'village_center'
        and finding.field in ('build_status', 'floor_area_m2')
        and finding.severity = 'error'
        and finding.waiver_id is null
        and finding.org_id in (select tasks.org_id from tasks)
),

village_loads as (
    select
        contests.org_id,
        contests.from_load as load_id
    from contests
    union all
    select
        contests.org_id,
        contests.to_load as load_id
    from contests
    union all
    select
        report.org_id,
        report.from_load as load_id
    from reports as report
    union all
    select
        report.org_id,
        report.to_load as load_id
    from reports as report
),

change_loads as (
    select
        villages.plan_code,
        villages.org_id,
        village_loads.load_id
    from villages
    inner join village_loads on villages.org_id = village_loads.org_id
    union all
    select
        tasks.plan_code,
        tasks.org_id,
        tasks.from_load as load_id
    from tasks
    union all
    select
        tasks.plan_code,
        tasks.org_id,
        tasks.to_load as load_id
    from tasks
    union all
    select
        tasks.plan_code,
        tasks.org_id,
        plans.from_load as load_id
    from tasks
    inner join plans on tasks.plan_code = plans.plan_code
),

changes as (
    select distinct
        touched.plan_code,
        touched.org_id,
        touched.load_id
    from change_loads as touched
    left join last_marks on touched.plan_code = last_marks.plan_code
    where touched.load_id > coalesce(last_marks.load_id, 0)
),

moments as (
    select
        touched.plan_code,
        touched.org_id,
        touched.load_id,
        row_number() over by_load as moment,
        lead(touched.load_id) over by_load as next_load_id
    from changes as touched
    window by_load as (partition by touched.plan_code, touched.org_id order by touched.load_id)
),

known_reports as (
    select
        moment.plan_code,
        moment.org_id,
        moment.load_id,
        moment.next_load_id,
        moment.moment,
        report.period,
        report.last_day,
        report.built_on,
        report.submission_id,
        report.sheet,
        report.row_number,
        report.build_status = 'built' and report.floor_area_m2 >= plans.minimum_floor_area_m2 as is_met
    from moments as moment
    inner join tasks
        on
            moment.plan_code = tasks.plan_code
            and moment.org_id = tasks.org_id
            and moment.load_id >= tasks.from_load
            and (tasks.to_load is null or moment.load_id < tasks.to_load)
    inner join plans
        on
            moment.plan_code = plans.plan_code
            and moment.load_id >= plans.from_load
            and (plans.to_load is null or moment.load_id < plans.to_load)
    inner join reports as report
        on
            moment.org_id = report.org_id
            and moment.load_id >= report.from_load
            and (report.to_load is null or moment.load_id < report.to_load)
    where
        not report.is_doubtful
        and not exists (
            select 1
            from contests
            where
                contests.org_id = moment.org_id
                and contests.period = report.period
                and contests.from_load <= moment.load_id
                and (contests.to_load is null or contests.to_load > moment.load_id)
        )
),

turns as (
    select
        report.*,
        lag(report.is_met) over (
            partition by report.plan_code, report.org_id, report.load_id
            order by report.last_day
        ) as was_met
    from known_reports as report
    where report.is_met is not null
),

turning_points as (
    select
        turn.*,
        case when turn.is_met then 'accepted' else 'regressed' end as kind,
        lag(turn.last_day) over (
            partition by turn.plan_code, turn.org_id, turn.load_id
            order by turn.last_day
        ) as regressed_on
    from turns as turn
    where turn.is_met <> coalesce(turn.was_met, false)
),

events as (
    select
        turn.plan_code,
        turn.org_id,
        turn.load_id,
        turn.next_load_id,
        turn.moment,
        turn.kind,
        case
            when
                turn.is_met
                and turn.built_on <= turn.last_day
                and turn.built_on > coalesce(turn.regressed_on, '-infinity')
                then turn.built_on
            else turn.last_day
        end as event_on,
        turn.period,
        turn.submission_id,
        turn.sheet,
        turn.row_number
    from turning_points as turn
),

unbroken as (
    select
        events.*,
        events.moment - row_number() over (
            partition by
                events.plan_code, events.org_id, events.kind, events.event_on, events.period,
                events.submission_id, events.sheet, events.row_number
            order by events.moment
        ) as span
    from events
),

spans as (
    select
        unbroken.plan_code,
        unbroken.org_id,
        unbroken.kind,
        unbroken.event_on,
        unbroken.period,
        unbroken.submission_id,
        unbroken.sheet,
        unbroken.row_number,
        min(unbroken.moment) as first_moment,
        min(unbroken.load_id) as from_load,
        nullif(max(coalesce(unbroken.next_load_id, 9223372036854775807)), 9223372036854775807) as to_load
    from unbroken
    group by
        unbroken.plan_code, unbroken.org_id, unbroken.kind, unbroken.event_on, unbroken.period,
        unbroken.submission_id, unbroken.sheet, unbroken.row_number, unbroken.span
),

stored as (
    select acceptance.*
    from core.acceptance_events as acceptance
    where acceptance.plan_code = any(:plan_codes) and acceptance.to_load is null
),

final as (
    select
        moment.plan_code,
        moment.org_id,
        moment.load_id as changed_at,
        spans.kind,
        spans.event_on,
        spans.period,
        spans.submission_id,
        spans.sheet,
        spans.row_number,
        spans.from_load,
        spans.to_load,
        stored.org_id is not null as is_stored
    from moments as moment
    left join spans on moment.plan_code = spans.plan_code and moment.org_id = spans.org_id
    left join stored
        on
            spans.first_moment = 1
            and spans.plan_code = stored.plan_code
            and spans.org_id = stored.org_id
            and spans.kind = stored.kind
            and spans.event_on = stored.event_on
            and spans.period = stored.period
            and spans.submission_id = stored.submission_id
            and spans.sheet = stored.sheet
            and spans.row_number = stored.row_number
    where moment.moment = 1
)

select * from final

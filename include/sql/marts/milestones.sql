-- Where does every plan stand at each of its milestones, as known at a load and seen from a day?
-- Grain: one row per plan, scope (the plan's area, its counties, every town on its lists) and milestone. Whole numbers
-- and fractions only; the arithmetic is that of domain §4: each scope has its own ceiling, two lists (frozen and
-- adjusted), two readings (task and coverage), two vintages (published and latest).
--
-- The counts are those of the milestone's last day, or of as_of while that lies ahead; `_now` those of as_of. What was
-- published is what the first release of the period said: a release made of an earlier load, so that what is read as
-- known at a load is the same ever after.

-- Which units of a plan are accepted on a day, as known at a load, and which row says so? Grain: one row per unit.
create or replace function marts.accepted_units(of_plan text, known_at bigint, on_day date)
returns table (
    org_id bigint,
    town_code text,
    period text
)
language sql
stable
as $$
with last_events as (
    select distinct on (acceptance.org_id)
        acceptance.org_id,
        acceptance.kind,
        acceptance.period
    from core.acceptance_events as acceptance
    where
        acceptance.plan_code = of_plan
        and acceptance.kind in ('accepted', 'regressed')
        and acceptance.event_on <= on_day
        and acceptance.from_load <= known_at
        and (acceptance.to_load is null or acceptance.to_load > known_at)
    order by acceptance.org_id asc, acceptance.event_on desc, acceptance.kind desc
)

select
    last_events.org_id,
    task.town_code,
    last_events.period
from last_events
inner join core.plan_tasks as task
    on
        task.plan_code = of_plan
        and last_events.org_id = task.org_id
        and task.role is null
        and task.from_load <= known_at
        and (task.to_load is null or task.to_load > known_at)
where last_events.kind = 'accepted'
$$;

create or replace function marts.milestones_of_plan(of_plan text, known_at bigint, seen_on date)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    scope_code text,
    scope_level text,
    as_of date,
    milestone_number smallint,
    period text,
    period_end date,
    share_numerator int,
    share_denominator int,
    tasks bigint,
    started bigint,
    built bigint,
    gross bigint,
    regressed bigint,
    accepted bigint,
    required bigint,
    short bigint,
    is_met boolean,
    adjusted_tasks bigint,
    adjusted_accepted bigint,
    adjusted_required bigint,
    adjusted_short bigint,
    adjusted_is_met boolean,
    approvals text,
    due_units bigint,
    covered_units bigint,
    accepted_now bigint,
    regressed_now bigint,
    adjusted_tasks_now bigint,
    adjusted_accepted_now bigint,
    published_release text,
    published_tasks bigint,
    published_accepted bigint,
    added_late bigint,
    corrected bigint,
    withdrawn bigint,
    verdict text,
    adjusted_verdict text,
    reached_on date,
    adjusted_reached_on date,
    days_late int,
    carried bigint,
    next_due bigint,
    scheduled numeric,
    light text,
    rechecked bigint,
    recheck_base bigint,
    defects_found bigint,
    defects_closed bigint,
    units_due bigint,
    units_reported bigint,
    is_reported boolean,
    list_id text
)
language sql
stable
as $$
with plans as (
    select build_plan.*
    from core.plans as build_plan
    where
        build_plan.plan_code = of_plan
        and build_plan.from_load <= known_at
        and (build_plan.to_load is null or build_plan.to_load > known_at)
),

calendar as (
    select
        milestone.number,
        milestone.period,
        period.last_day as period_end,
        milestone.share_numerator,
        milestone.share_denominator,
        least(period.last_day, seen_on) as counted_on,
        coalesce(lag(period.last_day) over by_number, period.first_day - 1) as begins_after,
        lag(period.last_day) over by_number as earlier_end,
        lag(milestone.share_numerator) over by_number as earlier_numerator,
        lag(milestone.share_denominator) over by_number as earlier_denominator,
        case
            when plans.table_name = 'construction_task' then to_char(period.last_day, 'YYYY-MM')
            else to_char(period.last_day, 'YYYY"Q"Q')
        end as reported_period,
        cast(date_trunc('month', seen_on) as date) - 1 as month_end
    from core.plan_milestones as milestone
    inner join plans on milestone.plan_code = plans.plan_code
    inner join core.dim_period as period on milestone.period = period.period
    where
        milestone.from_load <= known_at
        and (milestone.to_load is null or milestone.to_load > known_at)
    window by_number as (order by milestone.number)
),

scopes as materialized (
    select scope.*
    from marts.plan_scopes(of_plan, known_at) as scope
),

sizes as (
    select
        scopes.scope_code,
        scopes.scope_level,
        sum(scopes.tasks) as tasks,
        sum(scopes.due_units) as due_units,
        count(*) as units_due
    from scopes
    group by scopes.scope_code, scopes.scope_level
),

asked_days as (
    select array_agg(distinct moment.day) as days
    from calendar
    cross join plans
    cross join
        lateral (
            values
            (calendar.counted_on),
            (calendar.begins_after),
            (calendar.month_end),
            (seen_on),
            (plans.frozen_on)
        ) as moment (day)
),

days as materialized (
    select of_day.*
    from asked_days
    cross join lateral marts.days_of_plan(of_plan, known_at, asked_days.days) as of_day
),

snapshots as materialized (
    select days.*
    from days
    where days.day in (select unnest(asked_days.days) from asked_days)
),

requirements as materialized (
    select
        sizes.scope_code,
        sizes.scope_level,
        sizes.tasks,
        sizes.due_units,
        sizes.units_due,
        calendar.*,
        div(calendar.share_numerator * sizes.tasks + calendar.share_denominator - 1, calendar.share_denominator)
            as required,
        coalesce(
            div(
                calendar.earlier_numerator * sizes.tasks + calendar.earlier_denominator - 1,
                calendar.earlier_denominator
            ),
            case when plans.reading = 'coverage' then baseline.accepted end,
            0
        ) as earlier_required
    from sizes
    cross join calendar
    cross join plans
    inner join snapshots as baseline on sizes.scope_code = baseline.scope_code and plans.frozen_on = baseline.day
),

reached as (
    select
        requirement.scope_code,
        requirement.number,
        min(of_day.day) filter (
            where requirement.tasks > 0 and of_day.accepted >= requirement.required
        ) as reached_on,
        min(of_day.day) filter (
            where
            requirement.tasks > 0
            and of_day.accepted >= requirement.required
            and of_day.day > requirement.period_end
        ) as reached_late_on,
        min(of_day.day) filter (
            where
            of_day.adjusted_tasks > 0
            and of_day.adjusted_accepted * requirement.share_denominator
            >= requirement.share_numerator * of_day.adjusted_tasks
        ) as adjusted_reached_on
    from requirements as requirement
    inner join days as of_day on requirement.scope_code = of_day.scope_code and of_day.day <= seen_on
    where requirement.share_numerator is not null
    group by requirement.scope_code, requirement.number
),

releases as (
    select distinct on (release.period)
        release.period,
        release.name,
        release.load_id
    from ops.releases as release
    where release.load_id < known_at
    order by release.period asc, release.load_id asc, release.journal_seq asc
),

published as (
    select
        scope.scope_code,
        calendar.number,
        release.name,
        sum(scope.tasks) as tasks,
        coalesce(sum(counted.accepted), 0) as accepted
    from calendar
    inner join releases as release on calendar.period = release.period
    cross join lateral marts.plan_scopes(of_plan, release.load_id) as scope
    left join
        lateral (
            select
                town.town_code,
                sum(town.accepted) as accepted
            from marts.plan_changes(of_plan, release.load_id) as town
            where town.day <= calendar.period_end
            group by town.town_code
        ) as counted
        on scope.town_code = counted.town_code
    group by scope.scope_code, calendar.number, release.name
),

vintages as (
    select
        calendar.number,
        differing.town_code,
        case
            when differing.period is null then 'withdrawn'
            when earlier_row.is_known then 'corrected'
            else 'added_late'
        end as change
    from calendar
    inner join releases as release on calendar.period = release.period
    cross join
        lateral (
            select
                present.org_id,
                present.period,
                coalesce(present.town_code, before.town_code) as town_code
            from marts.accepted_units(of_plan, known_at, calendar.period_end) as present
            full outer join marts.accepted_units(of_plan, release.load_id, calendar.period_end) as before
                on present.org_id = before.org_id
            where present.org_id is null or before.org_id is null
        ) as differing
    cross join
        lateral (
            select count(*) > 0 as is_known
            from
                (
                    select
                        report.org_id,
                        report.period,
                        report.from_load,
                        report.to_load
                    from core.fct_village_center as report
                    union all
                    select
                        report.org_id,
                        report.period,
                        report.from_load,
                        report.to_load
                    from core.fct_construction_task as report
                ) as report
            where
                report.org_id = differing.org_id
                and report.period = differing.period
                and report.from_load <= release.load_id
                and (report.to_load is null or report.to_load > release.load_id)
        ) as earlier_row
    where calendar.period_end <= seen_on
),

restated as (
    select
        vintages.number,
        scopes.scope_code,
        count(*) filter (where vintages.change = 'added_late') as added_late,
        count(*) filter (where vintages.change = 'corrected') as corrected,
        count(*) filter (where vintages.change = 'withdrawn') as withdrawn
    from vintages
    inner join scopes on vintages.town_code = scopes.town_code
    group by vintages.number, scopes.scope_code
),

approved as (
    select
        scopes.scope_code,
        calendar.number,
        string_agg(distinct task.approval_no, '、') as approvals
    from core.plan_tasks as task
    inner join scopes on task.town_code = scopes.town_code
    cross join calendar
    where
        task.plan_code = of_plan
        and task.from_load <= known_at
        and (task.to_load is null or task.to_load > known_at)
        and least(task.added_on, task.removed_on) <= calendar.counted_on
    group by scopes.scope_code, calendar.number
),

checked as (
    select
        calendar.number,
        task.town_code,
        task.org_id,
        bool_or(acceptance.kind = 'rechecked') as is_rechecked,
        bool_or(acceptance.kind = 'regressed') as is_defective,
        max(acceptance.event_on) filter (where acceptance.kind = 'accepted')
        > max(acceptance.event_on) filter (where acceptance.kind = 'regressed') as is_closed
    from calendar
    inner join core.plan_tasks as task
        on
            task.plan_code = of_plan
            and task.role is null
            and task.from_load <= known_at
            and (task.to_load is null or task.to_load > known_at)
    inner join core.acceptance_events as acceptance
        on
            task.plan_code = acceptance.plan_code
            and task.org_id = acceptance.org_id
            and calendar.begins_after < acceptance.event_on
            and calendar.counted_on >= acceptance.event_on
            and acceptance.from_load <= known_at
            and (acceptance.to_load is null or acceptance.to_load > known_at)
    where calendar.share_numerator is null
    group by calendar.number, task.town_code, task.org_id
),

checks as (
    select
        checked.number,
        scopes.scope_code,
        count(*) filter (where checked.is_rechecked) as rechecked,
        count(*) filter (where checked.is_defective) as defects_found,
        count(*) filter (where checked.is_defective and checked.is_closed) as defects_closed
    from checked
    inner join scopes on checked.town_code = scopes.town_code
    group by checked.number, scopes.scope_code
),

reporting_towns as (
    select
        report.town_code,
        report.period
    from core.fct_village_center as report
    cross join plans
    where
        plans.table_name = 'village_center'
        and report.period in (select calendar.reported_period from calendar)
        and report.county_code in (select left(scopes.town_code, 6) || '000000' from scopes)
        and report.from_load <= known_at
        and (report.to_load is null or report.to_load > known_at)
    union
    select
        report.town_code,
        report.period
    from core.fct_construction_task as report
    cross join plans
    where
        plans.table_name = 'construction_task'
        and report.period in (select calendar.reported_period from calendar)
        and report.county_code in (select left(scopes.town_code, 6) || '000000' from scopes)
        and report.from_load <= known_at
        and (report.to_load is null or report.to_load > known_at)
    union
    select
        org.place_code as town_code,
        duty.period
    from core.fct_obligation as duty
    inner join plans on duty.form_code = plans.form_code
    inner join core.dim_org as org
        on
            duty.org_id = org.org_id
            and org.from_load <= known_at
            and (org.to_load is null or org.to_load > known_at)
    where
        duty.submission = 'zero'
        and duty.period in (select calendar.reported_period from calendar)
        and duty.from_load <= known_at
        and (duty.to_load is null or duty.to_load > known_at)
),

reporting as (
    select
        scopes.scope_code,
        reporting_towns.period,
        count(*) as units_reported
    from scopes
    inner join reporting_towns on scopes.town_code = reporting_towns.town_code
    group by scopes.scope_code, reporting_towns.period
),

-- each scope's row of the days that matter to a milestone, side by side
counted as (
    select
        requirement.scope_code,
        requirement.number,
        max(of_day.started) filter (where of_day.day = requirement.counted_on) as started,
        max(of_day.built) filter (where of_day.day = requirement.counted_on) as built,
        max(of_day.gross) filter (where of_day.day = requirement.counted_on) as gross,
        max(of_day.accepted) filter (where of_day.day = requirement.counted_on) as accepted,
        max(of_day.adjusted_tasks) filter (where of_day.day = requirement.counted_on) as adjusted_tasks,
        max(of_day.adjusted_accepted) filter (where of_day.day = requirement.counted_on) as adjusted_accepted,
        max(of_day.covered) filter (where of_day.day = requirement.counted_on) as covered,
        max(of_day.gross) filter (where of_day.day = seen_on) as gross_now,
        max(of_day.accepted) filter (where of_day.day = seen_on) as accepted_now,
        max(of_day.adjusted_tasks) filter (where of_day.day = seen_on) as adjusted_tasks_now,
        max(of_day.adjusted_accepted) filter (where of_day.day = seen_on) as adjusted_accepted_now,
        max(of_day.gross) filter (where of_day.day = requirement.begins_after) as earlier_gross,
        max(of_day.accepted) filter (where of_day.day = requirement.begins_after) as earlier_accepted,
        max(of_day.accepted) filter (where of_day.day = requirement.month_end) as month_accepted
    from requirements as requirement
    inner join snapshots as of_day on requirement.scope_code = of_day.scope_code
    group by requirement.scope_code, requirement.number
),

standing as (
    select
        requirement.*,
        counted.started,
        counted.built,
        counted.gross,
        counted.accepted,
        counted.adjusted_tasks,
        counted.adjusted_accepted,
        counted.covered,
        counted.gross_now,
        counted.accepted_now,
        counted.adjusted_tasks_now,
        counted.adjusted_accepted_now,
        counted.earlier_gross,
        counted.earlier_accepted,
        counted.month_accepted,
        div(
            requirement.share_numerator * counted.adjusted_tasks + requirement.share_denominator - 1,
            requirement.share_denominator
        ) as adjusted_required,
        div(
            requirement.share_numerator * counted.adjusted_tasks_now + requirement.share_denominator - 1,
            requirement.share_denominator
        ) as adjusted_required_now,
        coalesce(reporting.units_reported, 0) as units_reported,
        case
            when
                requirement.share_numerator is null
                or requirement.tasks = 0
                or seen_on <= requirement.begins_after
                then null
            else
                requirement.earlier_required
                + (requirement.required - requirement.earlier_required)
                * cast(requirement.counted_on - requirement.begins_after as numeric)
                / (requirement.period_end - requirement.begins_after)
        end as scheduled,
        case
            when requirement.month_end > requirement.begins_after
                then
                    requirement.earlier_required
                    + (requirement.required - requirement.earlier_required)
                    * cast(least(requirement.month_end, requirement.period_end) - requirement.begins_after as numeric)
                    / (requirement.period_end - requirement.begins_after)
            else requirement.earlier_required
        end as month_scheduled
    from requirements as requirement
    inner join counted on requirement.scope_code = counted.scope_code and requirement.number = counted.number
    left join reporting
        on requirement.scope_code = reporting.scope_code and requirement.reported_period = reporting.period
),

judged as (
    select
        standing.*,
        case when standing.required is not null then greatest(standing.required - standing.accepted, 0) end as short,
        case
            when standing.required is not null then greatest(standing.required - standing.accepted_now, 0)
        end as next_due,
        standing.scheduled - standing.accepted_now as behind,
        standing.units_reported = standing.units_due as is_reported,
        published.name as published_release,
        published.tasks as published_tasks,
        published.accepted as published_accepted,
        published.accepted * standing.share_denominator >= standing.share_numerator * published.tasks as was_met,
        reached.reached_on,
        reached.reached_late_on,
        reached.adjusted_reached_on
    from standing
    left join published on standing.scope_code = published.scope_code and standing.number = published.number
    left join reached on standing.scope_code = reached.scope_code and standing.number = reached.number
),

versions as (
    select
        plan_task.org_id,
        plan_task.from_load,
        case when plan_task.to_load <= known_at then plan_task.to_load end as to_load
    from core.plan_tasks as plan_task
    where plan_task.plan_code = of_plan and plan_task.role is null and plan_task.from_load <= known_at
),

-- a village that an approved change takes off the adjusted list ends and begins at one load: it stays on the frozen one
list_changes as (
    select versions.from_load as load_id
    from versions
    where
        not exists (
            select 1
            from versions as before
            where before.org_id = versions.org_id and before.to_load = versions.from_load
        )
    union all
    select versions.to_load as load_id
    from versions
    where
        versions.to_load is not null
        and not exists (
            select 1
            from versions as later
            where later.org_id = versions.org_id and later.from_load = versions.to_load
        )
),

lists as materialized (
    select of_plan || '@' || cast(max(list_changes.load_id) as text) as list_id
    from list_changes
),

final as (
    select
        plans.plan_code,
        plans.title as plan_title,
        plans.county_code,
        judged.scope_code,
        judged.scope_level,
        seen_on as as_of,
        judged.number as milestone_number,
        judged.period,
        judged.period_end,
        judged.share_numerator,
        judged.share_denominator,
        cast(judged.tasks as bigint) as tasks,
        cast(judged.started as bigint) as started,
        cast(judged.built as bigint) as built,
        cast(judged.gross as bigint) as gross,
        cast(judged.gross - judged.accepted as bigint) as regressed,
        cast(judged.accepted as bigint) as accepted,
        cast(judged.required as bigint) as required,
        cast(judged.short as bigint) as short,
        judged.accepted >= judged.required as is_met,
        cast(judged.adjusted_tasks as bigint) as adjusted_tasks,
        cast(judged.adjusted_accepted as bigint) as adjusted_accepted,
        cast(judged.adjusted_required as bigint) as adjusted_required,
        case
            when judged.adjusted_required is not null
                then cast(greatest(judged.adjusted_required - judged.adjusted_accepted, 0) as bigint)
        end as adjusted_short,
        judged.adjusted_accepted >= judged.adjusted_required as adjusted_is_met,
        approved.approvals,
        cast(judged.due_units as bigint) as due_units,
        cast(judged.covered as bigint) as covered_units,
        cast(judged.accepted_now as bigint) as accepted_now,
        cast(judged.gross_now - judged.accepted_now as bigint) as regressed_now,
        cast(judged.adjusted_tasks_now as bigint) as adjusted_tasks_now,
        cast(judged.adjusted_accepted_now as bigint) as adjusted_accepted_now,
        judged.published_release,
        cast(judged.published_tasks as bigint) as published_tasks,
        cast(judged.published_accepted as bigint) as published_accepted,
        case when judged.published_release is not null then coalesce(restated.added_late, 0) end as added_late,
        case when judged.published_release is not null then coalesce(restated.corrected, 0) end as corrected,
        case when judged.published_release is not null then coalesce(restated.withdrawn, 0) end as withdrawn,
        case
            when judged.share_numerator is null or judged.tasks = 0 or seen_on < judged.period_end
                then null
            when judged.reached_on is null and judged.was_met is not true then 'not_met'
            when judged.accepted_now < judged.required then 'fell_back'
            when judged.was_met or (judged.was_met is null and judged.accepted >= judged.required) then 'met'
            when judged.accepted >= judged.required then 'met_by_late_reports'
            else 'met_late'
        end as verdict,
        case
            when judged.share_numerator is null or judged.adjusted_tasks = 0 or seen_on < judged.period_end
                then null
            when judged.adjusted_reached_on is null then 'not_met'
            when judged.adjusted_accepted_now < judged.adjusted_required_now then 'fell_back'
            when judged.adjusted_accepted >= judged.adjusted_required then 'met'
            else 'met_late'
        end as adjusted_verdict,
        judged.reached_on,
        judged.adjusted_reached_on,
        case when judged.accepted < judged.required then judged.reached_late_on - judged.period_end end as days_late,
        case
            when judged.share_numerator is not null and seen_on >= judged.earlier_end
                then cast(greatest(judged.earlier_required - judged.earlier_accepted, 0) as bigint)
        end as carried,
        cast(judged.next_due as bigint) as next_due,
        judged.scheduled,
        case
            when judged.scheduled is null then null
            when judged.units_reported = 0 and seen_on >= judged.period_end then 'grey'
            when judged.behind <= 0 then 'green'
            when plans.lights = 'yinchuan_2025'
                then
                    case
                        when judged.behind * 100 < 10 * judged.tasks then 'watch'
                        when judged.behind * 100 <= 30 * judged.tasks then 'yellow'
                        else 'red'
                    end
            when judged.tasks <= 5 then case when ceil(judged.behind) <= 1 then 'yellow' else 'red' end
            when seen_on >= judged.period_end
                then
                    case
                        when seen_on > judged.period_end + 30 then 'red'
                        when judged.next_due = 1 or judged.next_due * 10 <= judged.tasks then 'yellow'
                        else 'red'
                    end
            when judged.behind * 100 > 10 * judged.tasks then 'red'
            when judged.month_scheduled > judged.month_accepted then 'red'
            else 'yellow'
        end as light,
        case when judged.share_numerator is null then coalesce(checks.rechecked, 0) end as rechecked,
        case when judged.share_numerator is null then cast(judged.earlier_gross as bigint) end as recheck_base,
        case when judged.share_numerator is null then coalesce(checks.defects_found, 0) end as defects_found,
        case when judged.share_numerator is null then coalesce(checks.defects_closed, 0) end as defects_closed,
        judged.units_due,
        judged.units_reported,
        judged.is_reported,
        lists.list_id
    from judged
    cross join plans
    cross join lists
    left join restated on judged.scope_code = restated.scope_code and judged.number = restated.number
    left join approved on judged.scope_code = approved.scope_code and judged.number = approved.number
    left join checks on judged.scope_code = checks.scope_code and judged.number = checks.number
)

select * from final
$$;

create or replace function marts.milestones(known_at bigint, seen_on date)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    scope_code text,
    scope_name text,
    scope_level text,
    as_of date,
    milestone_number smallint,
    period text,
    period_end date,
    share_numerator int,
    share_denominator int,
    tasks bigint,
    started bigint,
    built bigint,
    gross bigint,
    regressed bigint,
    accepted bigint,
    required bigint,
    short bigint,
    is_met boolean,
    adjusted_tasks bigint,
    adjusted_accepted bigint,
    adjusted_required bigint,
    adjusted_short bigint,
    adjusted_is_met boolean,
    approvals text,
    due_units bigint,
    covered_units bigint,
    accepted_now bigint,
    regressed_now bigint,
    adjusted_tasks_now bigint,
    adjusted_accepted_now bigint,
    published_release text,
    published_tasks bigint,
    published_accepted bigint,
    added_late bigint,
    corrected bigint,
    withdrawn bigint,
    verdict text,
    adjusted_verdict text,
    reached_on date,
    adjusted_reached_on date,
    days_late int,
    carried bigint,
    next_due bigint,
    scheduled numeric,
    light text,
    rechecked bigint,
    recheck_base bigint,
    defects_found bigint,
    defects_closed bigint,
    units_due bigint,
    units_reported bigint,
    is_reported boolean,
    list_id text
)
language sql
stable
as $$
select
    build_plan.plan_code,
    build_plan.title as plan_title,
    build_plan.county_code,
    board.scope_code,
    place.name as scope_name,
    board.scope_level,
    board.as_of,
    board.milestone_number,
    board.period,
    board.period_end,
    board.share_numerator,
    board.share_denominator,
    board.tasks,
    board.started,
    board.built,
    board.gross,
    board.regressed,
    board.accepted,
    board.required,
    board.short,
    board.is_met,
    board.adjusted_tasks,
    board.adjusted_accepted,
    board.adjusted_required,
    board.adjusted_short,
    board.adjusted_is_met,
    board.approvals,
    board.due_units,
    board.covered_units,
    board.accepted_now,
    board.regressed_now,
    board.adjusted_tasks_now,
    board.adjusted_accepted_now,
    board.published_release,
    board.published_tasks,
    board.published_accepted,
    board.added_late,
    board.corrected,
    board.withdrawn,
    board.verdict,
    board.adjusted_verdict,
    board.reached_on,
    board.adjusted_reached_on,
    board.days_late,
    board.carried,
    board.next_due,
    board.scheduled,
    board.light,
    board.rechecked,
    board.recheck_base,
    board.defects_found,
    board.defects_closed,
    board.units_due,
    board.units_reported,
    board.is_reported,
    board.list_id
from core.plans as build_plan
cross join lateral marts.milestones_of_plan(build_plan.plan_code, known_at, seen_on) as board
left join marts.places(known_at) as place on board.scope_code = place.place_code
where
    build_plan.form_code is not null
    and build_plan.from_load <= known_at
    and (build_plan.to_load is null or build_plan.to_load > known_at)
$$;

comment on function marts.milestones(bigint, date) is
'Where plans stand, as known at a load and seen from a day; one row per plan, scope and milestone.';
comment on function marts.milestones_of_plan(text, bigint, date) is
'Where one plan stands, as known at a load and seen from a day; one row per scope and milestone.';
comment on function marts.accepted_units(text, bigint, date) is
'Units of a plan''s frozen list that are accepted on a day, as known at a load.';

-- Which milestones were reached, fallen below again, or not reached in time?
-- Grain: one row per plan, scope (the plan's area, its counties, every town on its list), milestone with a share and
-- event, on a day. Numbers are of the frozen list.
--
-- crossed (达到): reached for the first time, as core.milestone_crossings has it for ever.
-- fell_below (跌破): crossed, and below the requirement now because villages fell back; since the day it last fell. What
-- was corrected away did not fall.
-- missed (未按期): not reached on the period's last day, as known, and no return that may still change that is awaited in
-- time; from the day after. A late report that shows it was reached takes this back.

create or replace function marts.events_of_plan(of_plan text, known_at bigint, as_of date)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    scope_code text,
    scope_level text,
    milestone_number smallint,
    period text,
    event text,
    event_on date,
    tasks bigint,
    accepted bigint,
    required bigint,
    known_since bigint
)
language sql
stable
as $$
with milestones as materialized (
    select milestone.*
    from marts.milestones_of_plan(of_plan, known_at, as_of) as milestone
    where milestone.required is not null
),

crossings as (
    select crossing.*
    from core.milestone_crossings as crossing
    where crossing.plan_code = of_plan and crossing.from_load <= known_at and crossing.reached_on <= as_of
),

reached as (
    select
        milestone.*,
        crossing.reached_on as crossed_on,
        crossing.accepted as accepted_then,
        crossing.required as required_then,
        crossing.from_load as known_since
    from milestones as milestone
    inner join crossings as crossing
        on
            milestone.plan_code = crossing.plan_code
            and milestone.scope_code = crossing.scope_code
            and milestone.milestone_number = crossing.number
),

days as materialized (
    select
        plan_day.scope_code,
        plan_day.day,
        plan_day.accepted
    from marts.days_of_plan(of_plan, known_at, cast('{}' as _date)) as plan_day
    where plan_day.day <= as_of
),

fallen as (
    select
        reached.*,
        fall.fell_on
    from reached
    cross join
        lateral (
            select min(days.day) as fell_on
            from days
            where
                days.scope_code = reached.scope_code
                and days.day > (
                    select max(sufficient.day)
                    from days as sufficient
                    where
                        sufficient.scope_code = reached.scope_code
                        and sufficient.accepted >= reached.required
                )
        ) as fall
    where
        reached.accepted_now < reached.required
        and reached.accepted_now + reached.regressed_now >= reached.required
        and fall.fell_on is not null
),

plans as (
    select
        plans.plan_code,
        plans.form_code
    from core.plans
    where
        plans.plan_code = of_plan
        and plans.from_load <= known_at
        and (plans.to_load is null or plans.to_load > known_at)
),

counties as (
    select distinct left(scope.town_code, 6) || '000000' as county_code
    from marts.plan_scopes(of_plan, known_at) as scope
),

awaited as (
    select
        duty.form_code,
        duty.unit_code,
        period.last_day
    from marts.submission_matrix(known_at) as duty
    inner join core.dim_period as period on duty.period = period.period
    where
        duty.county_code in (select counties.county_code from counties)
        and duty.duty <> 'not_applicable'
        and duty.submitted_at is null
        and duty.due_on >= as_of
),

missed as (
    select milestone.*
    from milestones as milestone
    inner join plans on milestone.plan_code = plans.plan_code
    where
        milestone.period_end < as_of
        and milestone.accepted < milestone.required
        and not exists (
            select 1
            from awaited
            where
                awaited.form_code = plans.form_code
                and awaited.last_day = milestone.period_end
                and starts_with(
                    awaited.unit_code,
                    left(
                        milestone.scope_code,
                        case milestone.scope_level when 'prefecture' then 4 when 'county' then 6 else 9 end
                    )
                )
        )
),

events as (
    select
        reached.plan_code,
        reached.plan_title,
        reached.county_code,
        reached.scope_code,
        reached.scope_level,
        reached.milestone_number,
        reached.period,
        'crossed' as event,
        reached.crossed_on as event_on,
        reached.tasks,
        reached.accepted_then as accepted,
        reached.required_then as required,
        reached.known_since
    from reached
    union all
    select
        fallen.plan_code,
        fallen.plan_title,
        fallen.county_code,
        fallen.scope_code,
        fallen.scope_level,
        fallen.milestone_number,
        fallen.period,
        'fell_below' as event,
        fallen.fell_on as event_on,
        fallen.tasks,
        fallen.accepted_now as accepted,
        fallen.required,
        cast(null as bigint) as known_since
    from fallen
    union all
    select
        missed.plan_code,
        missed.plan_title,
        missed.county_code,
        missed.scope_code,
        missed.scope_level,
        missed.milestone_number,
        missed.period,
        'missed' as event,
        missed.period_end + 1 as event_on,
        missed.tasks,
        missed.accepted,
        missed.required,
        cast(null as bigint) as known_since
    from missed
)

select events.* from events
$$;

create or replace function marts.milestone_events(known_at bigint, as_of date)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    scope_code text,
    scope_name text,
    scope_level text,
    milestone_number smallint,
    period text,
    event text,
    event_on date,
    tasks bigint,
    accepted bigint,
    required bigint,
    known_since bigint
)
language sql
stable
as $$
select
    build_plan.plan_code,
    build_plan.title as plan_title,
    build_plan.county_code,
    happened.scope_code,
    place.name as scope_name,
    happened.scope_level,
    happened.milestone_number,
    happened.period,
    happened.event,
    happened.event_on,
    happened.tasks,
    happened.accepted,
    happened.required,
    happened.known_since
from core.plans as build_plan
cross join lateral marts.events_of_plan(build_plan.plan_code, known_at, as_of) as happened
left join marts.places(known_at) as place on happened.scope_code = place.place_code
where
    build_plan.form_code is not null
    and build_plan.from_load <= known_at
    and (build_plan.to_load is null or build_plan.to_load > known_at)
$$;

create or replace view marts.milestone_events with (security_invoker = true) as
select milestone.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.milestone_events(
    latest.load_id, cast(now() at time zone 'Asia/Shanghai' as date)
) as milestone;

create or replace function marts.milestone_events(known_at bigint)
returns setof marts.milestone_events
language sql
stable
as $$
select milestone.* -- noqa: AM04
from ops.loads as last_load
cross join
    lateral marts.milestone_events(
        last_load.load_id, cast(last_load.loaded_at at time zone 'Asia/Shanghai' as date)
    ) as milestone
where last_load.load_id = known_at
$$;

comment on view marts.milestone_events is
'Milestones reached, fallen below, missed by today; one row per plan, scope, milestone and event.';
comment on function marts.milestone_events(bigint, date) is
'As known at a load, on a day: Milestones reached, fallen below, missed; one row per plan, scope, milestone, event.';
comment on function marts.events_of_plan(text, bigint, date) is
'The events of one plan, as known at a load and seen from a day.';
comment on function marts.milestone_events(bigint) is
'As known at a load, on its day: Milestones reached, fallen below, missed; one row per plan, scope, milestone, event.';

comment on column marts.milestone_events.plan_code is 'The plan.';
comment on column marts.milestone_events.plan_title is 'Its title.';
comment on column marts.milestone_events.county_code is 'The area of the plan: a county or a prefecture (12 digits).';
comment on column marts.milestone_events.scope_code is 'That area, one of its counties or towns (12 digits).';
comment on column marts.milestone_events.scope_name is 'Its name.';
comment on column marts.milestone_events.scope_level is 'prefecture, county or town.';
comment on column marts.milestone_events.milestone_number is 'The milestone.';
comment on column marts.milestone_events.period is 'At whose end it is due.';
comment on column marts.milestone_events.event is
'crossed: reached for the first time; fell_below: no longer, through relapses; missed: not reached in time.';
comment on column marts.milestone_events.event_on is
'First day it was reached; the day it last fell below; the day after the period.';
comment on column marts.milestone_events.tasks is 'Tasks on the frozen list of the scope.';
comment on column marts.milestone_events.accepted is
'Accepted on the day it was reached; of fell_below now; of missed on the last day of the period.';
comment on column marts.milestone_events.required is 'Accepted tasks the milestone asks for.';
comment on column marts.milestone_events.known_since is 'The load that made a crossing known; null of the others.';

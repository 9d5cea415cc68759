-- How did every plan come on, day by day?
-- Grain: one row per plan, scope (the plan's area, its counties, every town on its lists) and day on which something
-- happened, or the list was frozen; the numbers stand at the end of that day. Regressed = gross - accepted.

-- Grain: one row per town and day, with what changed. Adjusted: without the units that were taken off the list, from
-- the approved day on, and with those that were added (domain §4.1). Covered counts the units outside the list, too.
-- One row is made per event, and whole numbers stay integers: a plan may have hundreds of thousands.
create or replace function marts.plan_changes(of_plan text, known_at bigint)
returns table (
    town_code text,
    day date,
    started int,
    built int,
    gross int,
    accepted int,
    adjusted_tasks int,
    adjusted_accepted int,
    covered int
)
language sql
stable
as $$
with happened as (
    select
        plan_task.town_code,
        cast(plan_task.role is null as int) as is_frozen,
        cast(coalesce(plan_task.role, 'task') <> 'baseline' as int) as is_adjusted,
        plan_task.added_on,
        plan_task.removed_on,
        acceptance.event_on,
        case acceptance.kind when 'accepted' then 1 when 'regressed' then -1 else 0 end as sign,
        cast(
            acceptance.kind <> 'regressed'
            and acceptance.event_on = min(acceptance.event_on) filter (
                where acceptance.kind <> 'regressed'
            ) over by_unit
            as int
        ) as is_start,
        cast(
            acceptance.kind in ('built', 'accepted')
            and acceptance.event_on = min(acceptance.event_on) filter (
                where acceptance.kind in ('built', 'accepted')
            ) over by_unit
            as int
        ) as is_completion,
        cast(
            acceptance.kind = 'accepted'
            and acceptance.event_on = min(acceptance.event_on) filter (where acceptance.kind = 'accepted') over by_unit
            as int
        ) as is_first_acceptance
    from core.plan_tasks as plan_task
    inner join core.acceptance_events as acceptance
        on plan_task.plan_code = acceptance.plan_code and plan_task.org_id = acceptance.org_id
    where
        plan_task.plan_code = of_plan
        and plan_task.from_load <= known_at
        and (plan_task.to_load is null or plan_task.to_load > known_at)
        and acceptance.kind <> 'rechecked'
        and acceptance.from_load <= known_at
        and (acceptance.to_load is null or acceptance.to_load > known_at)
    window by_unit as (partition by acceptance.org_id)
),

changes as (
    select
        happened.town_code,
        happened.event_on as day,
        happened.is_frozen * happened.is_start as started,
        happened.is_frozen * happened.is_completion as built,
        happened.is_frozen * happened.is_first_acceptance as gross,
        happened.is_frozen * happened.sign as accepted,
        0 as adjusted_tasks,
        case
            when happened.added_on is null and happened.removed_on is null then happened.is_adjusted * happened.sign
            else 0
        end as adjusted_accepted,
        happened.sign as covered
    from happened
    union all
    select
        happened.town_code,
        moment.day,
        0 as started,
        0 as built,
        0 as gross,
        0 as accepted,
        0 as adjusted_tasks,
        moment.sign * happened.sign as adjusted_accepted,
        0 as covered
    from happened
    cross join
        lateral (
            values (greatest(happened.event_on, happened.added_on), 1), (happened.removed_on, -1)
        ) as moment (day, sign)
    where
        (happened.added_on is not null or happened.removed_on is not null)
        and (happened.removed_on is null or greatest(happened.event_on, happened.added_on) < happened.removed_on)
        and moment.day is not null
    union all
    select
        plan_task.town_code,
        moment.day,
        0 as started,
        0 as built,
        0 as gross,
        0 as accepted,
        moment.sign as adjusted_tasks,
        0 as adjusted_accepted,
        0 as covered
    from core.plan_tasks as plan_task
    cross join lateral (values (plan_task.added_on, 1), (plan_task.removed_on, -1)) as moment (day, sign)
    where
        plan_task.plan_code = of_plan
        and plan_task.approval_no is not null
        and plan_task.from_load <= known_at
        and (plan_task.to_load is null or plan_task.to_load > known_at)
        and moment.day is not null
),

final as (
    select
        changes.town_code,
        changes.day,
        cast(sum(changes.started) as int) as started,
        cast(sum(changes.built) as int) as built,
        cast(sum(changes.gross) as int) as gross,
        cast(sum(changes.accepted) as int) as accepted,
        cast(sum(changes.adjusted_tasks) as int) as adjusted_tasks,
        cast(sum(changes.adjusted_accepted) as int) as adjusted_accepted,
        cast(sum(changes.covered) as int) as covered
    from changes
    group by changes.town_code, changes.day
)

select * from final
$$;

-- Grain: one row per scope and town in it, with the units of that town.
create or replace function marts.plan_scopes(of_plan text, known_at bigint)
returns table (
    scope_code text,
    scope_level text,
    town_code text,
    tasks bigint,
    due_units bigint
)
language sql
stable
as $$
with plans as (
    select build_plan.county_code
    from core.plans as build_plan
    where
        build_plan.plan_code = of_plan
        and build_plan.from_load <= known_at
        and (build_plan.to_load is null or build_plan.to_load > known_at)
),

towns as (
    select
        plan_task.town_code,
        count(*) filter (where plan_task.role is null) as tasks,
        count(*) as due_units
    from core.plan_tasks as plan_task
    where
        plan_task.plan_code = of_plan
        and plan_task.from_load <= known_at
        and (plan_task.to_load is null or plan_task.to_load > known_at)
    group by plan_task.town_code
),

final as (
    select
        scope.scope_code,
        case
            when scope.scope_code = towns.town_code then 'town'
            when scope.scope_code like '%00000000' then 'prefecture'
            else 'county'
        end as scope_level,
        towns.town_code,
        towns.tasks,
        towns.due_units
    from towns
    cross join plans
    cross join
        lateral (
            select distinct listed.scope_code
            from
                unnest(array[plans.county_code, left(towns.town_code, 6) || '000000', towns.town_code])
                    as listed (scope_code)
        ) as scope
)

select * from final
$$;

-- Grain: one row per scope and day on which something happened, and for each of the days also_on.
create or replace function marts.days_of_plan(of_plan text, known_at bigint, also_on date[])
returns table (
    scope_code text,
    scope_level text,
    day date,
    tasks bigint,
    started bigint,
    built bigint,
    gross bigint,
    accepted bigint,
    adjusted_tasks bigint,
    adjusted_accepted bigint,
    due_units bigint,
    covered bigint
)
language sql
stable
as $$
with scopes as materialized (
    select
        scope.*,
        -- sorting by a number is many times faster than by a code
        dense_rank() over (order by scope.scope_code) as scope_number
    from marts.plan_scopes(of_plan, known_at) as scope
),

sizes as (
    select
        scopes.scope_number,
        scopes.scope_code,
        scopes.scope_level,
        cast(sum(scopes.tasks) as bigint) as tasks,
        cast(sum(scopes.due_units) as bigint) as due_units
    from scopes
    group by scopes.scope_number, scopes.scope_code, scopes.scope_level
),

changes as (
    select
        scopes.scope_number,
        town.day,
        town.started,
        town.built,
        town.gross,
        town.accepted,
        town.adjusted_tasks,
        town.adjusted_accepted,
        town.covered
    from marts.plan_changes(of_plan, known_at) as town
    inner join scopes on town.town_code = scopes.town_code
    union all
    select
        sizes.scope_number,
        asked.day,
        0 as started,
        0 as built,
        0 as gross,
        0 as accepted,
        0 as adjusted_tasks,
        0 as adjusted_accepted,
        0 as covered
    from sizes
    cross join unnest(also_on) as asked (day)
),

days as (
    select
        changes.scope_number,
        changes.day,
        cast(sum(changes.started) as int) as started,
        cast(sum(changes.built) as int) as built,
        cast(sum(changes.gross) as int) as gross,
        cast(sum(changes.accepted) as int) as accepted,
        cast(sum(changes.adjusted_tasks) as int) as adjusted_tasks,
        cast(sum(changes.adjusted_accepted) as int) as adjusted_accepted,
        cast(sum(changes.covered) as int) as covered
    from changes
    group by changes.scope_number, changes.day
),

cumulated as (
    select
        days.scope_number,
        days.day,
        sum(days.started) over by_day as started,
        sum(days.built) over by_day as built,
        sum(days.gross) over by_day as gross,
        sum(days.accepted) over by_day as accepted,
        sum(days.adjusted_tasks) over by_day as adjusted_tasks,
        sum(days.adjusted_accepted) over by_day as adjusted_accepted,
        sum(days.covered) over by_day as covered
    from days
    window by_day as (partition by days.scope_number order by days.day)
),

final as (
    select
        sizes.scope_code,
        sizes.scope_level,
        cumulated.day,
        sizes.tasks,
        cumulated.started,
        cumulated.built,
        cumulated.gross,
        cumulated.accepted,
        sizes.tasks + cumulated.adjusted_tasks as adjusted_tasks,
        cumulated.adjusted_accepted,
        sizes.due_units,
        cumulated.covered
    from cumulated
    inner join sizes on cumulated.scope_number = sizes.scope_number
)

select * from final
$$;

create or replace function marts.plan_days(known_at bigint)
returns table (
    plan_code text,
    scope_code text,
    scope_level text,
    day date,
    tasks bigint,
    started bigint,
    built bigint,
    gross bigint,
    accepted bigint,
    adjusted_tasks bigint,
    adjusted_accepted bigint,
    due_units bigint,
    covered bigint
)
language sql
stable
as $$
select
    build_plan.plan_code,
    of_day.scope_code,
    of_day.scope_level,
    of_day.day,
    of_day.tasks,
    of_day.started,
    of_day.built,
    of_day.gross,
    of_day.accepted,
    of_day.adjusted_tasks,
    of_day.adjusted_accepted,
    of_day.due_units,
    of_day.covered
from core.plans as build_plan
cross join lateral marts.days_of_plan(build_plan.plan_code, known_at, array[build_plan.frozen_on]) as of_day
where build_plan.from_load <= known_at and (build_plan.to_load is null or build_plan.to_load > known_at)
$$;

create or replace view marts.plan_days with (security_invoker = true) as
select of_day.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.plan_days(latest.load_id) as of_day;

comment on view marts.plan_days is
'How plans came on, day by day, cumulated; one row per plan, scope (area, county, town) and day of a change.';
comment on function marts.plan_days(bigint) is
'As known at a load: How plans came on, day by day, cumulated; one row per plan, scope (area, county, town) and day.';
comment on function marts.days_of_plan(text, bigint, date[]) is 'The days of one plan as known at a load.';
comment on function marts.plan_changes(text, bigint) is
'What changed in each town of a plan each day, as known at a load.';
comment on function marts.plan_scopes(text, bigint) is 'Which towns each scope of a plan has, as known at a load.';

comment on column marts.plan_days.plan_code is 'The plan.';
comment on column marts.plan_days.scope_code is 'The plan''s area, a county of it, or a town (12 digits).';
comment on column marts.plan_days.scope_level is 'prefecture, county or town.';
comment on column marts.plan_days.day is 'The numbers stand at the end of this day.';
comment on column marts.plan_days.tasks is 'Units on the frozen list.';
comment on column marts.plan_days.started is 'Of these, works had begun.';
comment on column marts.plan_days.built is 'Of these, built.';
comment on column marts.plan_days.gross is 'Of these, accepted at least once.';
comment on column marts.plan_days.accepted is 'Of these, accepted and not in regression.';
comment on column marts.plan_days.adjusted_tasks is 'Units on the list as adjusted by approved changes.';
comment on column marts.plan_days.adjusted_accepted is 'Of these, accepted and not in regression.';
comment on column marts.plan_days.due_units is
'All units that should have a centre: the list and what lies outside it.';
comment on column marts.plan_days.covered is 'Of these, meeting the standard.';

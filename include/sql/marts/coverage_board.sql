-- How far is each plan, in the county and in every town, and who has not reported?
-- Grain: one row per plan, scope (the county and every town on its list) and milestone. The rate is accepted / tasks;
-- list_id names the frozen list it is taken on. A town that sent nothing keeps what was accepted before and is marked
-- as not reported. The requirement is each scope's own integer ceiling (domain §4.5); a check without a share has none.

create or replace function marts.coverage_board(known_at bigint)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    scope_code text,
    scope_name text,
    scope_level text,
    milestone_number smallint,
    period text,
    period_end date,
    share_numerator int,
    share_denominator int,
    tasks bigint,
    accepted bigint,
    regressed bigint,
    required bigint,
    short bigint,
    is_met boolean,
    reached_on date,
    units_due bigint,
    units_reported bigint,
    is_reported boolean,
    list_id text
)
language sql
stable
as $$
with plans as (
    select
        plans.plan_code,
        plans.title,
        plans.county_code,
        plans.form_code
    from core.plans
    where plans.from_load <= known_at and (plans.to_load is null or plans.to_load > known_at)
),

milestones as (
    select
        milestone.plan_code,
        milestone.number,
        milestone.share_numerator,
        milestone.share_denominator
    from core.plan_milestones as milestone
    where milestone.from_load <= known_at and (milestone.to_load is null or milestone.to_load > known_at)
),

crossings as (
    select
        milestone_crossing.plan_code,
        milestone_crossing.scope_code,
        milestone_crossing.number,
        milestone_crossing.reached_on
    from core.milestone_crossings as milestone_crossing
    where milestone_crossing.from_load <= known_at
),

towns as (
    select
        plans.plan_code,
        plans.title as plan_title,
        plans.county_code,
        plan_task.milestone_number,
        plan_task.period,
        plan_task.period_end,
        plan_task.town_code,
        count(*) as tasks,
        count(*) filter (where plan_task.is_accepted) as accepted,
        count(*) filter (where plan_task.is_regressed) as regressed
    from plans
    inner join marts.task_progress(known_at) as plan_task -- noqa: RF02
        on plans.plan_code = plan_task.plan_code
    group by
        plans.plan_code, plans.title, plans.county_code, plan_task.milestone_number, plan_task.period,
        plan_task.period_end, plan_task.town_code
),

reporting_towns as (
    select
        town.*,
        report.is_known or no_report.is_known as is_reported
    from towns as town
    cross join
        lateral (
            select count(*) > 0 as is_known
            from core.fct_village_center as village
            where
                village.county_code = town.county_code
                and village.period = town.period
                and village.town_code = town.town_code
                and village.from_load <= known_at -- noqa: RF02
                and (village.to_load is null or village.to_load > known_at) -- noqa: RF02
        ) as report
    cross join
        lateral (
            select count(*) > 0 as is_known
            from marts.submission_matrix(known_at) as duty -- noqa: RF02
            where
                duty.county_code = town.county_code
                and duty.period = town.period
                and duty.unit_code = town.town_code
                and duty.submission = 'zero'
                and duty.form_code in (select plans.form_code from plans)
        ) as no_report
),

scopes as (
    select
        town.plan_code,
        town.milestone_number,
        town.period,
        town.period_end,
        town.plan_title,
        town.county_code,
        scope.scope_code,
        case when scope.scope_code = town.county_code then 'county' else 'town' end as scope_level,
        cast(sum(town.tasks) as bigint) as tasks,
        cast(sum(town.accepted) as bigint) as accepted,
        cast(sum(town.regressed) as bigint) as regressed,
        count(*) as units_due,
        count(*) filter (where town.is_reported) as units_reported
    from reporting_towns as town
    cross join lateral unnest(array[town.county_code, town.town_code]) as scope (scope_code)
    group by
        town.plan_code, town.milestone_number, town.period, town.period_end, town.plan_title, town.county_code,
        scope.scope_code
),

requirements as (
    select
        board.*,
        milestone.share_numerator,
        milestone.share_denominator,
        (milestone.share_numerator * board.tasks + milestone.share_denominator - 1) / milestone.share_denominator
            as required
    from scopes as board
    inner join milestones as milestone
        on board.plan_code = milestone.plan_code and board.milestone_number = milestone.number
),

final as (
    select
        board.plan_code,
        board.plan_title,
        board.county_code,
        board.scope_code,
        place.name as scope_name,
        board.scope_level,
        board.milestone_number,
        board.period,
        board.period_end,
        board.share_numerator,
        board.share_denominator,
        board.tasks,
        board.accepted,
        board.regressed,
        board.required,
        case when board.required is not null then greatest(board.required - board.accepted, 0) end as short,
        board.accepted >= board.required as is_met,
        crossing.reached_on,
        board.units_due,
        board.units_reported,
        board.units_reported = board.units_due as is_reported,
        lists.list_id
    from requirements as board
    cross join
        lateral (
            select board.plan_code || '@' || cast(max(plan_task.from_load) as text) as list_id
            from core.plan_tasks as plan_task
            where plan_task.plan_code = board.plan_code and plan_task.from_load <= known_at -- noqa: RF02
        ) as lists
    left join marts.places(known_at) as place on board.scope_code = place.place_code -- noqa: RF02
    left join crossings as crossing
        on
            board.plan_code = crossing.plan_code
            and board.scope_code = crossing.scope_code
            and board.milestone_number = crossing.number
)

select * from final
$$;

create or replace view marts.coverage_board with (security_invoker = true) as
select board.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.coverage_board(latest.load_id) as board;

comment on view marts.coverage_board is
'Progress of plans: accepted / tasks; one row per plan, scope (county, town) and milestone.';
comment on function marts.coverage_board(bigint) is
'As known at a load: Progress of plans: accepted / tasks; one row per plan, scope (county, town) and milestone.';

comment on column marts.coverage_board.plan_code is 'The plan.';
comment on column marts.coverage_board.plan_title is 'Its official title.';
comment on column marts.coverage_board.county_code is 'Whose plan (12 digits).';
comment on column marts.coverage_board.scope_code is 'The county, or one of its towns (12 digits).';
comment on column marts.coverage_board.scope_name is 'Name of the scope.';
comment on column marts.coverage_board.scope_level is 'county or town.';
comment on column marts.coverage_board.milestone_number is 'The milestone: 1, 2, 3 in order of time.';
comment on column marts.coverage_board.period is 'At whose end it is due.';
comment on column marts.coverage_board.period_end is 'Last day of that period.';
comment on column marts.coverage_board.share_numerator is 'Cumulative share of the tasks, as a fraction: 9 of 9/10.';
comment on column marts.coverage_board.share_denominator is '10 of 9/10; both null for a check without a share.';
comment on column marts.coverage_board.tasks is 'Villages on the frozen list: the denominator.';
comment on column marts.coverage_board.accepted is 'Of these, accepted on the last day of the period.';
comment on column marts.coverage_board.regressed is 'Of these, accepted before and no longer.';
comment on column marts.coverage_board.required is 'Share of the tasks, rounded up; null without a share.';
comment on column marts.coverage_board.short is
'How many are missing to the requirement; 0 when it is met, null without a share.';
comment on column marts.coverage_board.is_met is 'Whether accepted reaches the requirement; null without one.';
comment on column marts.coverage_board.reached_on is 'First day on which it did; never taken back.';
comment on column marts.coverage_board.units_due is 'Towns on the list.';
comment on column marts.coverage_board.units_reported is
'Of these, towns with accepted rows for the period, or a report of nothing (零报).';
comment on column marts.coverage_board.is_reported is 'Whether all of them have.';
comment on column marts.coverage_board.list_id is
'The frozen list the figures are taken on: the plan and the load of its last addition.';

-- Which listed villages are not accepted at a milestone, and what did they report last?
-- Grain: one row per plan, milestone and village of the frozen list that is not accepted on the period's last day. The
-- state shown is the latest row of that period or an earlier one; accepted_on is set where acceptance came later.

create or replace function marts.gap_list(known_at bigint)
returns table (
    plan_code text,
    milestone_number smallint,
    period text,
    period_end date,
    town_code text,
    town_name text,
    division_code text,
    village_name text,
    reason text,
    reported_period text,
    build_status text,
    floor_area_m2 numeric,
    minimum_floor_area_m2 numeric,
    built_on date,
    regressed_on date,
    accepted_on date,
    submission_id bigint,
    sheet text,
    row_number bigint
)
language sql
stable
as $$
with gaps as (
    select
        plan_task.plan_code,
        plan_task.milestone_number,
        plan_task.period,
        plan_task.period_end,
        plan_task.org_id,
        plan_task.town_code,
        case when plan_task.is_regressed then plan_task.changed_on end as regressed_on
    from marts.task_progress(known_at) as plan_task
    where not plan_task.is_accepted
),

plans as (
    select
        plans.plan_code,
        plans.minimum_floor_area_m2
    from core.plans
    where plans.from_load <= known_at and (plans.to_load is null or plans.to_load > known_at)
),

final as (
    select
        gap.plan_code,
        gap.milestone_number,
        gap.period,
        gap.period_end,
        gap.town_code,
        town.name as town_name,
        org.place_code as division_code,
        village.name as village_name,
        case
            when gap.regressed_on is not null then '回潮(不再达标)'
            when report.period is null then '未报'
            when report.is_doubtful then '数据待核'
            when report.build_status = 'under_construction' then '在建'
            when report.build_status = 'not_built' then '未建成'
            when report.floor_area_m2 < plans.minimum_floor_area_m2 then '面积不足'
            when acceptance.accepted_on > gap.period_end then '期后达标'
            else '数据不全'
        end as reason,
        report.period as reported_period,
        report.build_status,
        report.floor_area_m2,
        plans.minimum_floor_area_m2,
        report.built_on,
        gap.regressed_on,
        case when acceptance.accepted_on > gap.period_end then acceptance.accepted_on end as accepted_on,
        report.submission_id,
        report.sheet,
        report.row_number
    from gaps as gap
    inner join plans on gap.plan_code = plans.plan_code
    cross join
        lateral (
            select version.place_code
            from core.dim_org as version
            where
                version.org_id = gap.org_id
                and version.from_load <= known_at -- noqa: RF02
                and (version.to_load is null or version.to_load > known_at) -- noqa: RF02
            order by version.valid_from desc
            limit 1
        ) as org
    left join marts.places(known_at) as town on gap.town_code = town.place_code -- noqa: RF02
    left join marts.places(known_at) as village on org.place_code = village.place_code -- noqa: RF02
    left join
        lateral (
            select
                latest.period,
                latest.build_status,
                latest.floor_area_m2,
                latest.built_on,
                latest.submission_id,
                latest.sheet,
                latest.row_number,
                array[
                    latest.cell_states ->> '_row',
                    latest.cell_states ->> 'build_status',
                    latest.cell_states ->> 'floor_area_m2'
                ] && array['contested', 'withheld'] as is_doubtful
            from core.fct_village_center as latest
            inner join core.dim_period as period on latest.period = period.period
            where
                latest.org_id = gap.org_id
                and period.last_day <= gap.period_end
                and latest.from_load <= known_at -- noqa: RF02
                and (latest.to_load is null or latest.to_load > known_at) -- noqa: RF02
            order by period.last_day desc
            limit 1
        ) as report
        on true
    left join
        lateral (
            select max(event.event_on) as accepted_on
            from core.acceptance_events as event
            where
                event.plan_code = gap.plan_code
                and event.org_id = gap.org_id
                and event.kind = 'accepted'
                and event.from_load <= known_at -- noqa: RF02
                and (event.to_load is null or event.to_load > known_at) -- noqa: RF02
        ) as acceptance
        on true
)

select * from final
$$;

create or replace view marts.gap_list with (security_invoker = true) as
select gap.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.gap_list(latest.load_id) as gap;

comment on view marts.gap_list is
'Listed villages not accepted, and why; one row per plan, milestone and village.';
comment on function marts.gap_list(bigint) is
'As known at a load: Listed villages not accepted, and why; one row per plan, milestone and village.';

comment on column marts.gap_list.plan_code is 'The plan.';
comment on column marts.gap_list.milestone_number is 'The milestone.';
comment on column marts.gap_list.period is 'At whose end it is due.';
comment on column marts.gap_list.period_end is 'Last day of that period.';
comment on column marts.gap_list.town_code is 'The town that answers for the village (12 digits).';
comment on column marts.gap_list.town_name is 'Its name.';
comment on column marts.gap_list.division_code is 'The village (12 digits).';
comment on column marts.gap_list.village_name is 'Its name.';
comment on column marts.gap_list.reason is 'Why it is not accepted, in Chinese.';
comment on column marts.gap_list.reported_period is
'Period of its latest row, that period or an earlier one; null if nothing was reported.';
comment on column marts.gap_list.build_status is 'What that row says: built, under_construction, not_built.';
comment on column marts.gap_list.floor_area_m2 is 'Floor area in that row.';
comment on column marts.gap_list.minimum_floor_area_m2 is 'Least floor area the plan asks for.';
comment on column marts.gap_list.built_on is 'Day of completion in that row.';
comment on column marts.gap_list.regressed_on is
'Day on which it stopped being accepted; null if it was not accepted before.';
comment on column marts.gap_list.accepted_on is 'Day of an acceptance after the period; null without one.';
comment on column marts.gap_list.submission_id is 'The file that row stands in.';
comment on column marts.gap_list.sheet is 'Sheet of that file.';
comment on column marts.gap_list.row_number is 'Row of that sheet.';

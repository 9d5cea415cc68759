-- Which villages are not accepted at a milestone, what did they report last, and what comes next?
-- Grain: one row per plan, milestone and village of its lists that is not accepted on the period's last day (role:
-- baseline is outside the frozen list). The state shown is the latest row of that period or an earlier one; accepted_on
-- is set where acceptance came later. Days late are counted to the day of the load.

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
    role text,
    removed_on date,
    approval_no text,
    reason text,
    reported_period text,
    build_status text,
    floor_area_m2 numeric,
    minimum_floor_area_m2 numeric,
    built_on date,
    task_stage text,
    planned_accept_on date,
    days_late int,
    next_step text,
    regressed_on date,
    accepted_on date,
    submission_id bigint,
    sheet text,
    row_number bigint
)
language sql
stable
as $$
with plans as (
    select
        build_plan.plan_code,
        build_plan.table_name,
        build_plan.minimum_floor_area_m2
    from core.plans as build_plan
    where build_plan.from_load <= known_at and (build_plan.to_load is null or build_plan.to_load > known_at)
),

gaps as (
    select
        plan_task.*,
        case when plan_task.is_regressed then plan_task.changed_on end as regressed_on
    from marts.task_progress(known_at) as plan_task
    where not plan_task.is_accepted
),

reported as (
    select
        gap.*,
        org.place_code as division_code,
        plans.table_name,
        plans.minimum_floor_area_m2,
        coalesce(task.period, village.period) as reported_period,
        village.build_status,
        village.floor_area_m2,
        coalesce(task.built_on, village.built_on) as built_on,
        task.task_stage,
        task.planned_accept_on,
        coalesce(task.submission_id, village.submission_id) as submission_id,
        coalesce(task.sheet, village.sheet) as sheet,
        coalesce(task.row_number, village.row_number) as row_number,
        coalesce(task.is_doubtful, village.is_doubtful) as is_doubtful
    from gaps as gap
    inner join plans on gap.plan_code = plans.plan_code
    cross join
        lateral (
            select version.place_code
            from core.dim_org as version
            where
                version.org_id = gap.org_id
                and version.from_load <= known_at
                and (version.to_load is null or version.to_load > known_at)
            order by version.valid_from desc
            limit 1
        ) as org
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
                and latest.from_load <= known_at
                and (latest.to_load is null or latest.to_load > known_at)
            order by period.last_day desc
            limit 1
        ) as village
        on true
    left join
        lateral (
            select
                latest.period,
                latest.task_stage,
                latest.planned_accept_on,
                latest.built_on,
                latest.submission_id,
                latest.sheet,
                latest.row_number,
                array[latest.cell_states ->> '_row', latest.cell_states ->> 'task_stage']
                && array['contested', 'withheld'] as is_doubtful
            from core.fct_construction_task as latest
            inner join core.dim_period as period on latest.period = period.period
            where
                plans.table_name = 'construction_task'
                and gap.role <> 'baseline'
                and latest.org_id = gap.org_id
                and period.last_day <= gap.period_end
                and latest.from_load <= known_at
                and (latest.to_load is null or latest.to_load > known_at)
            order by period.last_day desc
            limit 1
        ) as task
        on true
),

reasoned as (
    select
        reported.*,
        later.accepted_on,
        case
            when reported.regressed_on is not null then '回潮(不再达标)'
            when reported.reported_period is null then '未报'
            when reported.is_doubtful then '数据待核'
            when later.accepted_on is not null then '期后达标'
            when reported.task_stage in ('not_started', 'sited', 'purchasing') then '未开工'
            when reported.task_stage = 'installing' then '在建'
            when reported.task_stage = 'built' then '建成待验收'
            when reported.task_stage in ('town_accepted', 'county_accepted', 'upper_verified') then '验收未完成'
            when reported.task_stage in ('cancelled', 'suspended') then '取消或暂缓'
            when reported.build_status = 'under_construction' then '在建'
            when reported.build_status = 'not_built' then '未建成'
            when reported.floor_area_m2 < reported.minimum_floor_area_m2 then '面积不足'
            else '数据不全'
        end as reason,
        (
            select cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date)
            from ops.loads as ops_load
            where ops_load.load_id = known_at
        ) as seen_on
    from reported
    left join
        lateral (
            select min(event.event_on) as accepted_on
            from core.acceptance_events as event
            where
                event.plan_code = reported.plan_code
                and event.org_id = reported.org_id
                and event.kind = 'accepted'
                and event.event_on > reported.period_end
                and event.from_load <= known_at
                and (event.to_load is null or event.to_load > known_at)
        ) as later
        on true
),

next_steps (reason, task_stage, next_step) as (
    values
    ('回潮(不再达标)', null, '整改后重新验收'),
    ('未报', null, '催报'),
    ('数据待核', null, '核实后更正报表'),
    ('未开工', 'not_started', '立项选址'),
    ('未开工', 'sited', '采购'),
    ('未开工', 'purchasing', '施工安装'),
    ('在建', null, '建成'),
    ('建成待验收', null, '镇街验收'),
    ('验收未完成', 'town_accepted', '县级验收'),
    ('验收未完成', 'county_accepted', '补齐验收报告或等待复核'),
    ('验收未完成', 'upper_verified', '补齐验收报告'),
    ('取消或暂缓', null, '报批后从清单移出,或恢复建设'),
    ('未建成', null, '立项开工'),
    ('面积不足', null, '扩建或调整场所'),
    ('数据不全', null, '补报缺少的数据')
),

final as (
    select
        gap.plan_code,
        gap.milestone_number,
        gap.period,
        gap.period_end,
        gap.town_code,
        town.name as town_name,
        gap.division_code,
        village.name as village_name,
        gap.role,
        gap.removed_on,
        gap.approval_no,
        gap.reason,
        gap.reported_period,
        gap.build_status,
        gap.floor_area_m2,
        gap.minimum_floor_area_m2,
        gap.built_on,
        gap.task_stage,
        gap.planned_accept_on,
        case
            when gap.accepted_on is null and gap.seen_on > gap.planned_accept_on
                then gap.seen_on - gap.planned_accept_on
        end as days_late,
        next_step.next_step,
        gap.regressed_on,
        gap.accepted_on,
        gap.submission_id,
        gap.sheet,
        gap.row_number
    from reasoned as gap
    left join next_steps as next_step
        on gap.reason = next_step.reason and (next_step.task_stage is null or gap.task_stage = next_step.task_stage)
    left join marts.places(known_at) as town on gap.town_code = town.place_code
    left join marts.places(known_at) as village on gap.division_code = village.place_code
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
comment on column marts.gap_list.role is
'task: on the frozen list; added: on the adjusted list only; baseline: outside, counts for coverage.';
comment on column marts.gap_list.removed_on is 'From which day it is off the adjusted list; null: never.';
comment on column marts.gap_list.approval_no is 'Number of the approval by which it was added or removed.';
comment on column marts.gap_list.reason is 'Why it is not accepted, in Chinese.';
comment on column marts.gap_list.reported_period is
'Period of its latest row, that period or an earlier one; null if nothing was reported.';
comment on column marts.gap_list.build_status is 'What that row says: built, under_construction, not_built.';
comment on column marts.gap_list.floor_area_m2 is 'Floor area in that row.';
comment on column marts.gap_list.minimum_floor_area_m2 is 'Least floor area the plan asks for.';
comment on column marts.gap_list.built_on is 'Day of completion in that row.';
comment on column marts.gap_list.task_stage is 'Stage in 基文04, where the plan is followed by it.';
comment on column marts.gap_list.planned_accept_on is 'Planned day of acceptance (基文04).';
comment on column marts.gap_list.days_late is 'Days from then to the day of the load; null if not late.';
comment on column marts.gap_list.next_step is 'What is to be done next (Chinese).';
comment on column marts.gap_list.regressed_on is
'Day on which it stopped being accepted; null if it was not accepted before.';
comment on column marts.gap_list.accepted_on is 'Day of an acceptance after the period; null without one.';
comment on column marts.gap_list.submission_id is 'The file that row stands in.';
comment on column marts.gap_list.sheet is 'Sheet of that file.';
comment on column marts.gap_list.row_number is 'Row of that sheet.';

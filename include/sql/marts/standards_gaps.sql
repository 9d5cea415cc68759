-- Which acceptance standards are not verified, who answers for each, and what comes next?
-- Grain: one row per plan, month of marts.standard_states and standard that is not verified in it. Units are named, not
-- persons. What is late is so on the last day of the month, in the plan's last month on the day of the load. What comes
-- next follows from what is reported, in the order in which it has to be settled.

create or replace function marts.standards_gaps(known_at bigint)
returns table (
    plan_code text,
    plan_title text,
    period text,
    period_end date,
    is_latest boolean,
    item_no int,
    task_no int,
    indicator_no int,
    title text,
    is_veto boolean,
    responsible_unit text,
    standard_plan_status text,
    is_claimed boolean,
    was_verified boolean,
    has_evidence boolean,
    expected_on date,
    days_late int,
    measure text,
    next_step text,
    reported_period text,
    submission_id bigint,
    sheet text,
    row_number int
)
language sql
stable
as $$
with known_day as (
    select cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date) as as_of
    from ops.loads as ops_load
    where ops_load.load_id = known_at
),

programmes as (
    select
        programme.plan_code,
        programme.title,
        programme.verified_by
    from core.plans as programme
    where programme.from_load <= known_at and (programme.to_load is null or programme.to_load > known_at)
),

states as (
    select
        state.*,
        state.period_end = max(state.period_end) over (partition by state.plan_code) as is_latest
    from marts.standard_states(known_at) as state
),

gaps as (
    select
        state.*,
        case when state.is_latest then known_day.as_of else state.period_end end as seen_on
    from states as state
    cross join known_day
    where not state.is_verified
),

final as (
    select
        gap.plan_code,
        programme.title as plan_title,
        gap.period,
        gap.period_end,
        gap.is_latest,
        gap.item_no,
        gap.task_no,
        gap.indicator_no,
        gap.title,
        gap.is_veto,
        gap.responsible_unit,
        gap.standard_plan_status,
        gap.is_claimed,
        gap.was_verified,
        gap.has_evidence,
        gap.expected_on,
        case when gap.expected_on < gap.seen_on then gap.seen_on - gap.expected_on end as days_late,
        gap.measure,
        case
            when gap.reported_period is null then '在基文05中填报本条'
            when gap.is_doubtful then '核实本条填报的数据'
            when gap.standard_plan_status = 'not_applicable' then '报请验收单位批准不涉及；批准前仍计入应达标数'
            when gap.is_refused then '按核查意见整改后重新核查'
            when gap.is_claimed and not gap.has_evidence then '补齐佐证材料后报请核查'
            when gap.is_claimed and programme.verified_by = 'county' then '报请县级核查'
            when gap.is_claimed then '报请市级核查'
            when gap.was_verified then '查明不再达标的原因，恢复后重新核查'
            when gap.expected_on < gap.seen_on then '已过预计达标日期，重新确定措施和日期'
            when gap.expected_on is null or gap.measure is null then '确定措施和预计达标日期'
            else '按措施推进'
        end as next_step,
        gap.reported_period,
        gap.submission_id,
        gap.sheet,
        gap.row_number
    from gaps as gap
    inner join programmes as programme on gap.plan_code = programme.plan_code
)

select * from final
$$;

create or replace view marts.standards_gaps with (security_invoker = true) as
select gap.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.standards_gaps(latest.load_id) as gap;

comment on view marts.standards_gaps is
'Acceptance standards that are not verified; one row per plan, month and standard.';
comment on function marts.standards_gaps(bigint) is
'As known at a load: Acceptance standards that are not verified; one row per plan, month and standard.';

comment on column marts.standards_gaps.plan_code is 'The programme.';
comment on column marts.standards_gaps.plan_title is 'Its official title.';
comment on column marts.standards_gaps.period is 'The month.';
comment on column marts.standards_gaps.period_end is 'Its last day.';
comment on column marts.standards_gaps.is_latest is 'Whether it is the programme''s last month.';
comment on column marts.standards_gaps.item_no is 'Number of the standard.';
comment on column marts.standards_gaps.task_no is 'The task it belongs to.';
comment on column marts.standards_gaps.indicator_no is 'The indicator it belongs to.';
comment on column marts.standards_gaps.title is 'What it asks for.';
comment on column marts.standards_gaps.is_veto is 'Whether failing it fails everything (一票否决).';
comment on column marts.standards_gaps.responsible_unit is 'Who answers for it; null while nobody is named.';
comment on column marts.standards_gaps.standard_plan_status is
'met, on_course, needs_effort or not_applicable; null while nothing certain is reported.';
comment on column marts.standards_gaps.is_claimed is 'Whether the unit says that it is met (自评).';
comment on column marts.standards_gaps.was_verified is 'Whether it was verified in an earlier report.';
comment on column marts.standards_gaps.has_evidence is 'Whether evidence is named.';
comment on column marts.standards_gaps.expected_on is 'Day on which it is to be met, as reported.';
comment on column marts.standards_gaps.days_late is 'Days since then; null if it is not over.';
comment on column marts.standards_gaps.measure is 'What is done for it, as reported.';
comment on column marts.standards_gaps.next_step is 'What has to be done next, in Chinese.';
comment on column marts.standards_gaps.reported_period is 'Month of the report that counts; null without one.';
comment on column marts.standards_gaps.submission_id is 'The file that says so.';
comment on column marts.standards_gaps.sheet is 'Sheet of that file.';
comment on column marts.standards_gaps.row_number is 'Row of that sheet.';

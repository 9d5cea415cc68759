-- Where does every acceptance standard of a programme stand, month by month?
-- Grain: one row per plan, standard and month: from the month in which the list was frozen, or first reported on, to
-- the last one that has ended by the day of the load, and after the plan's year only as long as something is reported.
--
-- The latest row of 基文05 at or before the month counts, so that a unit that sends nothing keeps what was verified;
-- is_reported tells. A county's list is reported by the county, a prefecture's by its own unit, which the division
-- codes number 01: what its counties report is about lists of their own. What is contested or withheld says nothing.

create or replace function marts.standard_states(known_at bigint)
returns table (
    plan_code text,
    period text,
    period_end date,
    item_no int,
    task_no int,
    indicator_no int,
    title text,
    is_veto boolean,
    responsible_unit text,
    standard_plan_status text,
    is_claimed boolean,
    is_verified boolean,
    was_verified boolean,
    is_refused boolean,
    is_doubtful boolean,
    has_evidence boolean,
    expected_on date,
    measure text,
    reported_period text,
    is_reported boolean,
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
        programme.frozen_on,
        programme.verified_by,
        make_date(programme.year, 12, 31) as last_day,
        case
            when substr(programme.county_code, 5, 2) = '00' then left(programme.county_code, 4) || '01000000'
            else programme.county_code
        end as reporter_code
    from core.plans as programme
    where
        programme.pass_numerator is not null
        and programme.from_load <= known_at
        and (programme.to_load is null or programme.to_load > known_at)
),

standards as (
    select listed.*
    from core.plan_standards as listed
    where listed.from_load <= known_at and (listed.to_load is null or listed.to_load > known_at)
),

reports as (
    select
        programme.plan_code,
        report.*,
        month.last_day,
        case programme.verified_by
            when 'county' then report.county_verified
            when 'prefecture' then report.prefecture_verified
        end as check_result,
        array[
            report.cell_states ->> '_row',
            report.cell_states ->> 'standard_plan_status',
            report.cell_states ->> 'standard_claim',
            report.cell_states ->> (programme.verified_by || '_verified')
        ] && array['contested', 'withheld'] as is_doubtful
    from programmes as programme
    inner join core.fct_standard_item as report on programme.reporter_code = report.county_code
    inner join core.dim_period as month on report.period = month.period
    where
        report.division_code = programme.reporter_code
        and report.from_load <= known_at
        and (report.to_load is null or report.to_load > known_at)
),

judged as (
    select
        report.*,
        not report.is_doubtful and coalesce(report.check_result = 'passed', false) as is_verified,
        not report.is_doubtful and coalesce(report.check_result = 'failed', false) as is_refused,
        not report.is_doubtful and coalesce(report.standard_claim = 'met', false) as is_claimed
    from reports as report
),

states as (
    select
        report.*,
        coalesce(
            bool_or(report.is_verified) over (
                partition by report.plan_code, report.item_no
                order by report.last_day
                rows between unbounded preceding and 1 preceding
            ),
            false
        ) as was_verified,
        lead(report.last_day) over (
            partition by report.plan_code, report.item_no order by report.last_day
        ) as next_last_day
    from judged as report
),

spans as (
    select
        programme.plan_code,
        min(report.last_day) as first_reported,
        max(report.last_day) as last_reported
    from programmes as programme
    left join reports as report on programme.plan_code = report.plan_code
    group by programme.plan_code
),

months as (
    select
        programme.plan_code,
        month.period,
        month.last_day
    from programmes as programme
    inner join spans as span on programme.plan_code = span.plan_code
    cross join known_day
    inner join core.dim_period as month
        on
            month.kind = 'month'
            and month.last_day >= least(programme.frozen_on, span.first_reported)
            and (
                programme.frozen_on >= month.first_day
                or month.last_day <= least(known_day.as_of, programme.last_day)
                or span.last_reported >= month.last_day
            )
),

final as (
    select
        standard.plan_code,
        month.period,
        month.last_day as period_end,
        standard.item_no,
        standard.task_no,
        standard.indicator_no,
        standard.title,
        standard.is_veto,
        state.responsible_unit,
        case when not state.is_doubtful then state.standard_plan_status end as standard_plan_status,
        coalesce(state.is_claimed, false) as is_claimed,
        coalesce(state.is_verified, false) as is_verified,
        coalesce(state.was_verified, false) as was_verified,
        coalesce(state.is_refused, false) as is_refused,
        coalesce(state.is_doubtful, false) as is_doubtful,
        state.evidence_ids is not null as has_evidence,
        state.expected_on,
        state.measure,
        state.period as reported_period,
        coalesce(state.period = month.period, false) as is_reported,
        state.submission_id,
        state.sheet,
        state.row_number
    from standards as standard
    inner join months as month on standard.plan_code = month.plan_code
    left join states as state
        on
            standard.plan_code = state.plan_code
            and standard.item_no = state.item_no
            and month.last_day >= state.last_day
            and (state.next_last_day is null or month.last_day < state.next_last_day)
)

select * from final
$$;

create or replace view marts.standard_states with (security_invoker = true) as
select state.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.standard_states(latest.load_id) as state;

comment on view marts.standard_states is
'Where every acceptance standard stands; one row per plan, standard and month.';
comment on function marts.standard_states(bigint) is
'As known at a load: Where every acceptance standard stands; one row per plan, standard and month.';

comment on column marts.standard_states.plan_code is 'The programme.';
comment on column marts.standard_states.period is 'The month.';
comment on column marts.standard_states.period_end is 'Its last day.';
comment on column marts.standard_states.item_no is 'Number of the standard.';
comment on column marts.standard_states.task_no is 'The task it belongs to.';
comment on column marts.standard_states.indicator_no is 'The indicator it belongs to.';
comment on column marts.standard_states.title is 'What it asks for.';
comment on column marts.standard_states.is_veto is 'Whether failing it fails everything (一票否决).';
comment on column marts.standard_states.responsible_unit is 'Who answers for it; null while nobody is named.';
comment on column marts.standard_states.standard_plan_status is
'met, on_course, needs_effort or not_applicable; null while nothing certain is reported.';
comment on column marts.standard_states.is_claimed is 'Whether the unit says that it is met (自评).';
comment on column marts.standard_states.is_verified is 'Whether the check that the programme names has passed it.';
comment on column marts.standard_states.was_verified is 'Whether an earlier report was.';
comment on column marts.standard_states.is_refused is 'Whether that check has failed it.';
comment on column marts.standard_states.is_doubtful is
'Whether status, claim or check are contested or withheld: then none of them counts.';
comment on column marts.standard_states.has_evidence is 'Whether evidence is named.';
comment on column marts.standard_states.expected_on is 'Day on which it is to be met, as reported.';
comment on column marts.standard_states.measure is 'What is done for it, as reported.';
comment on column marts.standard_states.reported_period is 'Month of the report that counts; null without one.';
comment on column marts.standard_states.is_reported is 'Whether it was reported for this very month.';
comment on column marts.standard_states.submission_id is 'The file that says so.';
comment on column marts.standard_states.sheet is 'Sheet of that file.';
comment on column marts.standard_states.row_number is 'Row of that sheet.';

-- How many of its acceptance standards does a programme meet, how many are missing, and where?
-- Grain: one row per plan, month and part of the programme: all of it, each of its tasks, each responsible unit.
--
-- Verified counts, not claimed. The requirement is the part's own integer ceiling over all its standards: what is said
-- not to apply does not shrink the list (domain §4.9); required_applicable says what it would be if it did. Nobody
-- reports which standards cannot be met at all, so slack is what may still fail of the whole list, not what is left of
-- that.
-- Light: green when enough is verified and no veto standard is open; grey for a month without a report; red when a
-- veto standard is open though enough is verified, or when all that is met and on course together would leave more than
-- one standard and more than a tenth of them missing (as P1 does of milestones, domain §4.7); else yellow.

create or replace function marts.standards_board(known_at bigint)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    period text,
    period_end date,
    part_kind text,
    part text,
    pass_numerator int,
    pass_denominator int,
    items bigint,
    items_reported bigint,
    not_reported bigint,
    doubtful bigint,
    met bigint,
    on_course bigint,
    needs_effort bigint,
    not_applicable bigint,
    claimed bigint,
    verified bigint,
    claimed_not_verified bigint,
    required bigint,
    required_applicable bigint,
    short bigint,
    slack bigint,
    on_course_missing bigint,
    hard_share numeric,
    veto_items bigint,
    veto_failed bigint,
    lost bigint,
    evidence_missing bigint,
    is_met boolean,
    is_reported boolean,
    light text
)
language sql
stable
as $$
with programmes as (
    select
        programme.plan_code,
        programme.title,
        programme.county_code,
        programme.pass_numerator,
        programme.pass_denominator
    from core.plans as programme
    where programme.from_load <= known_at and (programme.to_load is null or programme.to_load > known_at)
),

counts as (
    select
        state.plan_code,
        state.period,
        state.period_end,
        part.part_kind,
        part.part,
        count(*) as items,
        count(*) filter (where state.is_reported) as items_reported,
        count(*) filter (where state.reported_period is null) as not_reported,
        count(*) filter (where state.is_doubtful) as doubtful,
        count(*) filter (where state.standard_plan_status = 'met') as met,
        count(*) filter (where state.standard_plan_status = 'on_course') as on_course,
        count(*) filter (where state.standard_plan_status = 'needs_effort') as needs_effort,
        count(*) filter (where state.standard_plan_status = 'not_applicable') as not_applicable,
        count(*) filter (where state.is_claimed) as claimed,
        count(*) filter (where state.is_verified) as verified,
        count(*) filter (where state.is_claimed and not state.is_verified) as claimed_not_verified,
        count(*) filter (where state.is_veto) as veto_items,
        count(*) filter (where state.is_veto and not state.is_verified) as veto_failed,
        count(*) filter (where state.was_verified and not state.is_verified and not state.is_doubtful) as lost,
        count(*) filter (where state.is_claimed and not state.has_evidence) as evidence_missing
    from marts.standard_states(known_at) as state
    cross join
        lateral (
            values
            ('programme', '全部标准'),
            ('task', '任务' || state.task_no),
            ('unit', coalesce(state.responsible_unit, '责任单位不明'))
        ) as part (part_kind, part)
    group by state.plan_code, state.period, state.period_end, part.part_kind, part.part
),

requirements as (
    select
        board.*,
        programme.title as plan_title,
        programme.county_code,
        programme.pass_numerator,
        programme.pass_denominator,
        (programme.pass_numerator * board.items + programme.pass_denominator - 1) / programme.pass_denominator
            as required,
        (programme.pass_numerator * (board.items - board.not_applicable) + programme.pass_denominator - 1)
        / programme.pass_denominator as required_applicable
    from counts as board
    inner join programmes as programme on board.plan_code = programme.plan_code
),

shortages as (
    select
        board.*,
        greatest(board.required - board.verified, 0) as short,
        greatest(board.required - board.met - board.on_course, 0) as on_course_missing,
        board.verified >= board.required and board.veto_failed = 0 as is_met
    from requirements as board
),

final as (
    select
        board.plan_code,
        board.plan_title,
        board.county_code,
        board.period,
        board.period_end,
        board.part_kind,
        board.part,
        board.pass_numerator,
        board.pass_denominator,
        board.items,
        board.items_reported,
        board.not_reported,
        board.doubtful,
        board.met,
        board.on_course,
        board.needs_effort,
        board.not_applicable,
        board.claimed,
        board.verified,
        board.claimed_not_verified,
        board.required,
        board.required_applicable,
        board.short,
        board.items - board.required as slack,
        board.on_course_missing,
        cast(board.on_course_missing as numeric) / nullif(board.needs_effort, 0) as hard_share,
        board.veto_items,
        board.veto_failed,
        board.lost,
        board.evidence_missing,
        board.is_met,
        board.items_reported > 0 as is_reported,
        case
            when board.items_reported = 0 then 'grey'
            when board.is_met then 'green'
            when board.short = 0 then 'red'
            when board.on_course_missing > 1 and board.on_course_missing * 10 > board.items then 'red'
            else 'yellow'
        end as light
    from shortages as board
)

select * from final
$$;

create or replace view marts.standards_board with (security_invoker = true) as
select board.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.standards_board(latest.load_id) as board;

comment on view marts.standards_board is
'Acceptance standards met and missing; one row per plan, month and part of the programme.';
comment on function marts.standards_board(bigint) is
'As known at a load: Acceptance standards met and missing; one row per plan, month and part of the programme.';

comment on column marts.standards_board.plan_code is 'The programme.';
comment on column marts.standards_board.plan_title is 'Its official title.';
comment on column marts.standards_board.county_code is 'Whose programme (12 digits): a county or a prefecture.';
comment on column marts.standards_board.period is 'The month.';
comment on column marts.standards_board.period_end is 'Its last day.';
comment on column marts.standards_board.part_kind is 'programme, task or unit (responsible unit).';
comment on column marts.standards_board.part is 'Which: 全部标准, 任务1 …, or the name of the unit as reported.';
comment on column marts.standards_board.pass_numerator is 'Share of the standards that must be met: 19 of 19/20.';
comment on column marts.standards_board.pass_denominator is '20 of 19/20.';
comment on column marts.standards_board.items is 'Standards on the list: the denominator.';
comment on column marts.standards_board.items_reported is 'Of these, reported for this very month.';
comment on column marts.standards_board.not_reported is 'Of these, never reported by then.';
comment on column marts.standards_board.doubtful is 'Of these, contested or withheld: they count nowhere else.';
comment on column marts.standards_board.met is 'Planning status 已达标.';
comment on column marts.standards_board.on_course is 'Planning status 推进可达标.';
comment on column marts.standards_board.needs_effort is 'Planning status 需努力达标.';
comment on column marts.standards_board.not_applicable is 'Reported as 不涉及; they stay in the denominator.';
comment on column marts.standards_board.claimed is 'Met by what the units say (自评).';
comment on column marts.standards_board.verified is 'Passed by the check that the programme names: the numerator.';
comment on column marts.standards_board.claimed_not_verified is '自评达标未核实: claimed and not verified.';
comment on column marts.standards_board.required is 'Share of all standards, rounded up.';
comment on column marts.standards_board.required_applicable is
'The same of those that apply: it holds only where the accepting body allows it.';
comment on column marts.standards_board.short is 'How many are missing to the requirement; 0 when it is reached.';
comment on column marts.standards_board.slack is 'How many may fail at most: items - required.';
comment on column marts.standards_board.on_course_missing is
'How many are missing even if all that is met and on course is verified: so many of needs_effort must be met.';
comment on column marts.standards_board.hard_share is
'on_course_missing / needs_effort, a share; null where nothing needs effort; above 1 they are not enough.';
comment on column marts.standards_board.veto_items is 'Standards that fail everything (一票否决).';
comment on column marts.standards_board.veto_failed is 'Of these, not verified.';
comment on column marts.standards_board.lost is 'Verified in an earlier report and no longer.';
comment on column marts.standards_board.evidence_missing is 'Claimed without naming evidence.';
comment on column marts.standards_board.is_met is 'Whether enough is verified, and every veto standard.';
comment on column marts.standards_board.is_reported is 'Whether anything of the part was reported for this very month.';
comment on column marts.standards_board.light is 'green, yellow, red or grey.';

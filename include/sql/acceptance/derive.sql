-- Which events follow from what was said about the tasks in `moments`, and from which load to which were they known?
-- Grain: one row per plan, village, event and unbroken span of loads, and one row without event per village that
-- changed and has none. is_stored: it was there before. changed_at: the village's first change.
--
-- What is said is walked in order of its days. The first `met` gives 'accepted'; a later `lost` gives 'regressed'; met
-- again gives 'accepted' again; but a recheck only restores: what was never accepted is not accepted by it. 'built' and
-- 'started' are kept where they came before acceptance. What is contested by a comparison with other rows says nothing
-- while it is. Events are derived as known at every load of `moments`, so the same receipts give the same events,
-- however often this runs.
-- Dates (domain §4.2): the day that is given, but after a relapse; else the period's last day.
create temporary table derived_events on commit drop as
with contests as (
    select
        finding.org_id,
        finding.period,
        finding.table_name,
        finding.field,
        finding.from_load,
        finding.to_load
    from ops.relation_findings as finding
    where
        finding.table_name in ('village_center', 'construction_task')
        and finding.severity = 'error'
        and finding.waiver_id is null
        and finding.field <> ''
        and finding.org_id in (select moments.org_id from moments)
),

known as (
    select
        moment.load_id,
        moment.next_load_id,
        moment.moment,
        claim.plan_code,
        claim.org_id,
        claim.kind,
        claim.said_on,
        claim.dated_on,
        claim.period,
        claim.last_day,
        claim.document_no,
        claim.is_recheck,
        claim.submission_id,
        claim.sheet,
        claim.row_number
    from moments as moment
    inner join statements as claim
        on
            moment.plan_code = claim.plan_code
            and moment.org_id = claim.org_id
            and moment.load_id >= claim.from_load
            and (claim.to_load is null or moment.load_id < claim.to_load)
    where
        not exists (
            select 1
            from contests
            where
                claim.org_id = contests.org_id
                and claim.period = contests.period
                and claim.table_name = contests.table_name
                and contests.field = any(claim.field_names)
                and contests.from_load <= moment.load_id
                and (contests.to_load is null or contests.to_load > moment.load_id)
        )
),

judgements as (
    select
        known.*,
        min(case when known.kind = 'met' and not known.is_recheck then known.said_on end) over (
            partition by known.plan_code, known.org_id, known.load_id
        ) as first_accepted_on
    from known
    where known.kind in ('met', 'lost')
),

walked as (
    select
        judgements.*,
        lag(judgements.kind) over (
            partition by judgements.plan_code, judgements.org_id, judgements.load_id
            order by judgements.said_on asc, judgements.kind desc, judgements.is_recheck asc, judgements.last_day asc
        ) as was
    from judgements
    where judgements.kind = 'lost' or judgements.said_on >= judgements.first_accepted_on
),

turning_points as (
    select
        walked.*,
        lag(walked.said_on) over (
            partition by walked.plan_code, walked.org_id, walked.load_id
            order by walked.said_on asc, walked.kind desc
        ) as lost_on
    from walked
    where walked.kind <> coalesce(walked.was, 'lost')
),

turns as (
    select
        turn.plan_code,
        turn.org_id,
        turn.load_id,
        turn.next_load_id,
        turn.moment,
        case turn.kind when 'met' then 'accepted' else 'regressed' end as kind,
        case
            when turn.kind = 'met' and turn.dated_on > coalesce(turn.lost_on, '-infinity') then turn.dated_on
            else turn.said_on
        end as event_on,
        turn.period,
        turn.document_no,
        turn.submission_id,
        turn.sheet,
        turn.row_number
    from turning_points as turn
),

acceptances as (
    select
        turns.plan_code,
        turns.org_id,
        turns.load_id,
        min(turns.event_on) as accepted_on
    from turns
    where turns.kind = 'accepted'
    group by turns.plan_code, turns.org_id, turns.load_id
),

firsts as (
    select distinct on (known.plan_code, known.org_id, known.load_id, known.kind, rechecks.rechecked_on)
        known.*,
        coalesce(known.dated_on, known.said_on) as event_on
    from known
    cross join
        lateral (values (case when known.kind = 'rechecked' then known.said_on end)) as rechecks (rechecked_on)
    where known.kind in ('built', 'started', 'rechecked')
    order by
        known.plan_code asc, known.org_id asc, known.load_id asc, known.kind asc, rechecks.rechecked_on asc,
        coalesce(known.dated_on, known.said_on) asc, known.last_day asc
),

stages as (
    select
        earliest.*,
        min(case earliest.kind when 'built' then earliest.event_on end) over (
            partition by earliest.plan_code, earliest.org_id, earliest.load_id
        ) as built_on,
        acceptance.accepted_on
    from firsts as earliest
    left join acceptances as acceptance
        on
            earliest.plan_code = acceptance.plan_code
            and earliest.org_id = acceptance.org_id
            and earliest.load_id = acceptance.load_id
),

events as (
    select turns.* from turns
    union all
    select
        state.plan_code,
        state.org_id,
        state.load_id,
        state.next_load_id,
        state.moment,
        state.kind,
        state.event_on,
        state.period,
        null as document_no,
        state.submission_id,
        state.sheet,
        state.row_number
    from stages as state
    where
        state.kind = 'rechecked'
        or (state.kind = 'built' and (state.accepted_on is null or state.event_on < state.accepted_on))
        or (
            state.kind = 'started'
            and (state.accepted_on is null or state.event_on < state.accepted_on)
            and (state.built_on is null or state.event_on < state.built_on)
        )
),

unbroken as (
    select
        events.*,
        events.moment - row_number() over (
            partition by
                events.plan_code, events.org_id, events.kind, events.event_on, events.period, events.document_no,
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
        unbroken.document_no,
        unbroken.submission_id,
        unbroken.sheet,
        unbroken.row_number,
        min(unbroken.moment) as first_moment,
        min(unbroken.load_id) as from_load,
        nullif(max(coalesce(unbroken.next_load_id, 9223372036854775807)), 9223372036854775807) as to_load
    from unbroken
    group by
        unbroken.plan_code, unbroken.org_id, unbroken.kind, unbroken.event_on, unbroken.period, unbroken.document_no,
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
        spans.document_no,
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
            and spans.document_no is not distinct from stored.document_no
            and spans.submission_id = stored.submission_id
            and spans.sheet = stored.sheet
            and spans.row_number = stored.row_number
    where moment.moment = 1
)

select * from final

-- Close the open acceptance events that no longer follow from the returns: at the village's first change since the last
-- mark, or at the later load that took the event away. Reads derived_events, the result of derive_acceptance_events.
with villages as (
    select distinct
        derived_events.plan_code,
        derived_events.org_id,
        derived_events.changed_at
    from derived_events
),

lasting as (
    select derived_events.*
    from derived_events
    where derived_events.is_stored
),

ends as (
    select
        open_event.plan_code,
        open_event.org_id,
        open_event.kind,
        open_event.event_on,
        case when lasting.org_id is null then villages.changed_at else lasting.to_load end as to_load
    from core.acceptance_events as open_event
    inner join villages on open_event.plan_code = villages.plan_code and open_event.org_id = villages.org_id
    left join lasting
        on
            open_event.org_id = lasting.org_id
            and open_event.kind = lasting.kind
            and open_event.event_on = lasting.event_on
            and open_event.period = lasting.period
            and open_event.submission_id = lasting.submission_id
            and open_event.sheet = lasting.sheet
            and open_event.row_number = lasting.row_number
    where open_event.to_load is null and (lasting.org_id is null or lasting.to_load is not null)
)

update core.acceptance_events as ended_event
set to_load = ends.to_load
from ends
where
    ended_event.to_load is null
    and ended_event.plan_code = ends.plan_code
    and ended_event.org_id = ends.org_id
    and ended_event.kind = ends.kind
    and ended_event.event_on = ends.event_on

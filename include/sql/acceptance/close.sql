-- Close the open acceptance events that no longer follow from the returns: at the village's first change since the last
-- mark, or at the later load that took the event away. Reads derived_events, the result of derive.
with compared as (
    select
        open_event.plan_code,
        open_event.org_id,
        open_event.kind,
        open_event.event_on,
        derived_events.changed_at,
        derived_events.to_load,
        derived_events.is_stored
        and open_event.kind = derived_events.kind
        and open_event.event_on = derived_events.event_on
        and open_event.period = derived_events.period
        and coalesce(open_event.document_no, '') = coalesce(derived_events.document_no, '')
        and open_event.submission_id = derived_events.submission_id
        and open_event.sheet = derived_events.sheet
        and open_event.row_number = derived_events.row_number as is_lasting
    from core.acceptance_events as open_event
    inner join derived_events
        on open_event.plan_code = derived_events.plan_code and open_event.org_id = derived_events.org_id
    where open_event.to_load is null
),

ends as (
    select
        compared.plan_code,
        compared.org_id,
        compared.kind,
        compared.event_on,
        case
            when bool_or(compared.is_lasting) then max(compared.to_load) filter (where compared.is_lasting)
            else min(compared.changed_at)
        end as to_load
    from compared
    group by compared.plan_code, compared.org_id, compared.kind, compared.event_on
)

update core.acceptance_events as ended_event
set to_load = ends.to_load
from ends
where
    ended_event.to_load is null
    and ends.to_load is not null
    and ended_event.plan_code = ends.plan_code
    and ended_event.org_id = ends.org_id
    and ended_event.kind = ends.kind
    and ended_event.event_on = ends.event_on

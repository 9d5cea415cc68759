-- Add the acceptance events that are new since the last mark. Reads derived_events, the result of
-- derive; an event that was there before is left as it is.
insert into core.acceptance_events
(plan_code, org_id, kind, event_on, period, submission_id, sheet, row_number, from_load, to_load, document_no)
select
    derived_events.plan_code,
    derived_events.org_id,
    derived_events.kind,
    derived_events.event_on,
    derived_events.period,
    derived_events.submission_id,
    derived_events.sheet,
    derived_events.row_number,
    derived_events.from_load,
    derived_events.to_load,
    derived_events.document_no
from derived_events
where derived_events.kind is not null and not derived_events.is_stored
order by derived_events.from_load, derived_events.org_id, derived_events.event_on

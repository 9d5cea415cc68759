-- Which milestones did a county and its towns reach, fall below or miss since the last digest?
-- Grain: one row per plan, scope, milestone and event as known at :known_at on :today that was not there as known at
-- :told_at on :told_on, whatever day it is of: what is reported late is told when it becomes known.
with known as (
    select milestone.*
    from marts.milestone_events(:known_at, :today) as milestone
    where left(milestone.scope_code, 6) = left(:county_code, 6)
),

told as (
    select milestone.*
    from marts.milestone_events(:told_at, :told_on) as milestone
)

select
    known.plan_code,
    known.plan_title,
    known.scope_code,
    known.scope_name,
    known.milestone_number,
    known.period,
    known.event,
    known.event_on,
    known.tasks,
    known.accepted,
    known.required
from known
left join told
    on
        known.plan_code = told.plan_code
        and known.scope_code = told.scope_code
        and known.milestone_number = told.milestone_number
        and known.event = told.event
        and known.event_on = told.event_on
where told.plan_code is null
order by known.plan_code, known.milestone_number, known.event, known.scope_code

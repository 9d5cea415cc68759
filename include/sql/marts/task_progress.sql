-- Where does every village of a plan stand at every milestone?
-- Grain: one row per plan, milestone and village of its lists, those outside the frozen list, too (role). The last
-- acceptance event on or before the period's last day decides (domain §4.1): accepted, in regression, or neither.

create or replace function marts.task_progress(known_at bigint)
returns table (
    plan_code text,
    milestone_number smallint,
    period text,
    period_end date,
    org_id bigint,
    town_code text,
    role text,
    removed_on date,
    approval_no text,
    is_accepted boolean,
    is_regressed boolean,
    changed_on date
)
language sql
stable
as $$
select
    plan_task.plan_code,
    milestone.number as milestone_number,
    milestone.period,
    period.last_day as period_end,
    plan_task.org_id,
    plan_task.town_code,
    coalesce(plan_task.role, 'task') as role,
    plan_task.removed_on,
    plan_task.approval_no,
    coalesce(last_event.kind = 'accepted', false) as is_accepted,
    coalesce(last_event.kind = 'regressed', false) as is_regressed,
    last_event.event_on as changed_on
from core.plan_tasks as plan_task
inner join core.plan_milestones as milestone on plan_task.plan_code = milestone.plan_code
inner join core.dim_period as period on milestone.period = period.period
left join
    lateral (
        select
            acceptance.kind,
            acceptance.event_on
        from core.acceptance_events as acceptance
        where
            acceptance.plan_code = plan_task.plan_code
            and acceptance.org_id = plan_task.org_id
            and acceptance.kind in ('accepted', 'regressed')
            and acceptance.event_on <= period.last_day
            and acceptance.from_load <= known_at
            and (acceptance.to_load is null or acceptance.to_load > known_at)
        order by acceptance.event_on desc, acceptance.kind desc
        limit 1
    ) as last_event
    on true
where
    plan_task.from_load <= known_at
    and (plan_task.to_load is null or plan_task.to_load > known_at)
    and milestone.from_load <= known_at
    and (milestone.to_load is null or milestone.to_load > known_at)
$$;

create or replace view marts.task_progress with (security_invoker = true) as
select plan_task.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.task_progress(latest.load_id) as plan_task;

comment on view marts.task_progress is
'Where every village of a plan stands at every milestone; one row per plan, milestone and village.';
comment on function marts.task_progress(bigint) is
'As known at a load: Where every village of a plan stands at every milestone; one row per plan, milestone and village.';

comment on column marts.task_progress.plan_code is 'The plan.';
comment on column marts.task_progress.milestone_number is 'The milestone.';
comment on column marts.task_progress.period is 'At whose end it is due.';
comment on column marts.task_progress.period_end is 'Last day of that period.';
comment on column marts.task_progress.org_id is 'The centre.';
comment on column marts.task_progress.town_code is 'The town that answers for it (12 digits).';
comment on column marts.task_progress.role is
'task: on the frozen list; added: on the adjusted list only; baseline: outside, counts for coverage.';
comment on column marts.task_progress.removed_on is 'From which day it is off the adjusted list; null: never.';
comment on column marts.task_progress.approval_no is 'Number of the approval by which it was added or removed.';
comment on column marts.task_progress.is_accepted is 'Whether it is accepted on that day.';
comment on column marts.task_progress.is_regressed is 'Whether it was accepted before that day and no longer is.';
comment on column marts.task_progress.changed_on is 'Day of the event that decides; null without one.';

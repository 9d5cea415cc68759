-- Begin the rows of a plan's list of one role (null: the frozen list) that are not there yet.
insert into core.plan_tasks (plan_code, org_id, town_code, role, from_load)
select
    :plan_code,
    listed.org_id,
    listed.town_code,
    cast(:role as text) as list_role,
    :from_load
from unnest(cast(:org_ids as bigint[]), cast(:town_codes as text[])) as listed (org_id, town_code)
where not exists (
    select 1
    from core.plan_tasks as plan_task
    where plan_task.plan_code = :plan_code and plan_task.org_id = listed.org_id and plan_task.to_load is null
)

-- Which villages are on the frozen list of :plan_code now? Grain: one code a village, that of the day of freezing.
select distinct on (plan_task.org_id) org.place_code
from core.plan_tasks as plan_task
inner join core.plans as plan on plan_task.plan_code = plan.plan_code and plan.to_load is null
inner join core.dim_org as org on plan_task.org_id = org.org_id and org.to_load is null
where
    plan_task.plan_code = :plan_code -- noqa: RF02
    and plan_task.to_load is null
    and plan_task.role is null
order by plan_task.org_id asc, org.valid_from <= plan.frozen_on desc, abs(org.valid_from - plan.frozen_on) asc

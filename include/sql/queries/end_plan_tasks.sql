-- End the rows of a plan's list of one role (null: the frozen list) that are not among :org_ids, or are there in
-- another role. What an approved change put there or took off stays. Returns the role that each had.
update core.plan_tasks as plan_task
set to_load = :from_load
where
    plan_task.plan_code = :plan_code
    and plan_task.to_load is null
    and (
        (
            plan_task.org_id <> all(cast(:org_ids as bigint[]))
            and plan_task.role is not distinct from cast(:role as text)
        )
        or (
            plan_task.org_id = any(cast(:org_ids as bigint[]))
            and plan_task.role is distinct from cast(:role as text)
            and (cast(:role as text) is null or plan_task.role is distinct from 'added')
        )
    )
returning plan_task.role

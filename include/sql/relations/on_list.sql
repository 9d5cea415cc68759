-- Returns of towns whose rows are not those of the town on the task list, as it is now, of the county's latest plan
-- with tasks until the year of the period. What an approved change took off the list may be reported or not.
-- One finding per town and period, about the town and its latest file. Filled in: the :of_table and the type
-- :finding.
with returns as (
    select
        pairs.form_code,
        pairs.town_code,
        pairs.county_code,
        pairs.period,
        max(pairs.submission_id) as submission_id,
        max(pairs.from_load) as from_load
    from pairs
    group by pairs.form_code, pairs.town_code, pairs.county_code, pairs.period
),

plans as (
    select
        returns.town_code,
        returns.period,
        build_plan.plan_code,
        build_plan.frozen_on,
        rank() over (partition by returns.town_code, returns.period order by build_plan.year desc) as age
    from returns
    inner join core.plans as build_plan
        on
            returns.county_code = build_plan.county_code
            and build_plan.form_code is not null
            and cast(left(returns.period, 4) as integer) >= build_plan.year
            and build_plan.to_load is null
),

listed as (
    select distinct
        plans.town_code,
        plans.period,
        plan_task.org_id,
        plan_task.removed_on is not null as is_removed
    from plans
    inner join core.plan_tasks as plan_task
        on plans.plan_code = plan_task.plan_code and plans.town_code = plan_task.town_code and plan_task.to_load is null
    where plans.age = 1 and coalesce(plan_task.role, 'task') <> 'baseline'
),

compared as (
    select
        coalesce(pairs.town_code, listed.town_code) as town_code,
        coalesce(pairs.period, listed.period) as period,
        coalesce(pairs.org_id, listed.org_id) as org_id,
        pairs.org_id is null as is_missing
    from pairs
    full outer join listed on pairs.org_id = listed.org_id and pairs.period = listed.period
    where (pairs.org_id is null and not listed.is_removed) or listed.org_id is null
),

named as (
    select
        compared.town_code,
        compared.period,
        count(distinct compared.org_id) filter (where compared.is_missing) as missing,
        count(distinct compared.org_id) filter (where not compared.is_missing) as surplus,
        jsonb_agg(distinct village.name) as villages
    from compared
    inner join core.dim_org as village on compared.org_id = village.org_id and village.to_load is null
    group by compared.town_code, compared.period
),

frozen as (
    select
        plans.town_code,
        plans.period,
        max(plans.frozen_on) as frozen_on
    from plans
    where plans.age = 1
    group by plans.town_code, plans.period
)

insert into found_relations
select distinct on (returns.town_code, returns.period)
    returns.form_code,
    :of_table as table_name, -- noqa: RF02
    returns.period,
    town.org_id,
    '' as row_key,
    '' as field,
    :finding as code, -- noqa: RF02
    returns.town_code,
    returns.county_code,
    returns.submission_id,
    '' as sheet,
    cast(null as integer) as row_number,
    returns.from_load as since,
    jsonb_build_object(
        'surplus', named.surplus,
        'missing', named.missing,
        'names', named.villages,
        'frozen_on', frozen.frozen_on
    ) as params
from returns
inner join named on returns.town_code = named.town_code and returns.period = named.period
inner join frozen on returns.town_code = frozen.town_code and returns.period = frozen.period
inner join core.dim_org as town on returns.town_code = town.place_code and town.to_load is null

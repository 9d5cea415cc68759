-- Which listed villages fell back and are not in the ledger of problems as a relapse (复查回潮)?
-- Grain: one row per plan and village, not taken off its list, whose last acceptance or relapse is a relapse, and of
-- which no problem of that source was found on that day or since.

create or replace function marts.regressions_without_issue(known_at bigint)
returns table (
    plan_code text,
    county_code text,
    town_code text,
    town_name text,
    division_code text,
    village_name text,
    regressed_on date,
    submission_id bigint,
    sheet text,
    row_number int
)
language sql
stable
as $$
with events as not materialized (
    select acceptance.*
    from core.acceptance_events as acceptance
    where
        acceptance.kind in ('accepted', 'regressed')
        and acceptance.from_load <= known_at
        and (acceptance.to_load is null or acceptance.to_load > known_at)
),

-- relapses are few: they come first, and what came after each is looked up
relapses as materialized (
    select relapse.*
    from events as relapse
    where
        relapse.kind = 'regressed'
        and not exists (
            select 1
            from events as later
            where
                later.plan_code = relapse.plan_code
                and later.org_id = relapse.org_id
                and later.event_on > relapse.event_on
        )
),

final as (
    select
        relapse.plan_code,
        town.parent_code as county_code,
        plan_task.town_code,
        town.name as town_name,
        org.place_code as division_code,
        village.name as village_name,
        relapse.event_on as regressed_on,
        relapse.submission_id,
        relapse.sheet,
        relapse.row_number
    from relapses as relapse
    inner join core.plan_tasks as plan_task
        on
            relapse.plan_code = plan_task.plan_code
            and relapse.org_id = plan_task.org_id
            and plan_task.removed_on is null
            and plan_task.from_load <= known_at
            and (plan_task.to_load is null or plan_task.to_load > known_at)
    cross join
        lateral (
            select version.place_code
            from core.dim_org as version
            where
                version.org_id = relapse.org_id
                and version.from_load <= known_at
                and (version.to_load is null or version.to_load > known_at)
            order by version.valid_from desc
            limit 1
        ) as org
    left join marts.places(known_at) as town on plan_task.town_code = town.place_code
    left join marts.places(known_at) as village on org.place_code = village.place_code
    where
        not exists (
            select 1
            from core.fct_issue_ledger as issue
            where
                issue.org_id = relapse.org_id
                and issue.issue_source = 'regression'
                and issue.found_on >= relapse.event_on
                and issue.from_load <= known_at
                and (issue.to_load is null or issue.to_load > known_at)
        )
)

select * from final
$$;

create or replace view marts.regressions_without_issue with (security_invoker = true) as
select village.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.regressions_without_issue(latest.load_id) as village;

comment on view marts.regressions_without_issue is
'Listed villages that fell back and are in no ledger of problems; one row per plan and village.';
comment on function marts.regressions_without_issue(bigint) is
'As known at a load: Listed villages that fell back and are in no ledger of problems; one row per plan and village.';

comment on column marts.regressions_without_issue.plan_code is 'The plan.';
comment on column marts.regressions_without_issue.county_code is 'The county of the village (12 digits).';
comment on column marts.regressions_without_issue.town_code is 'The town that answers for it (12 digits).';
comment on column marts.regressions_without_issue.town_name is 'Its name.';
comment on column marts.regressions_without_issue.division_code is 'The village (12 digits).';
comment on column marts.regressions_without_issue.village_name is 'Its name.';
comment on column marts.regressions_without_issue.regressed_on is 'When it fell back.';
comment on column marts.regressions_without_issue.submission_id is 'The file that says so.';
comment on column marts.regressions_without_issue.sheet is 'Sheet of that file.';
comment on column marts.regressions_without_issue.row_number is 'Row of that sheet.';

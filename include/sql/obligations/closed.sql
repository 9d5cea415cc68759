-- Which returns are not owed any more because their unit was closed, and which are owed again because it was not?
-- A unit reports for a period if it exists on its last day. Of the organisations that the load :top_load changed.
-- One row per organisation, form and period: a version to be written at that load.
create temporary table obligation_states on commit drop as
with changed as (
    select distinct org_id
    from core.dim_org
    where from_load = :top_load or to_load = :top_load -- noqa: RF02
),

obligations as (
    select
        obligation.*,
        not coalesce(org.is_closed, true) as is_owed
    from changed
    inner join core.fct_obligation as obligation on changed.org_id = obligation.org_id and obligation.to_load is null
    inner join core.dim_period as calendar on obligation.period = calendar.period
    left join
        lateral (
            select dim_org.is_closed
            from core.dim_org
            where
                dim_org.org_id = obligation.org_id
                and dim_org.to_load is null
                and dim_org.valid_from <= calendar.last_day
            order by dim_org.valid_from desc
            limit 1
        ) as org
        on true
),

final as (
    select
        org_id,
        county_code,
        form_code,
        period,
        cast(:top_load as bigint) as at_load, -- noqa: RF02
        cast(null as bigint) as next_load,
        due_on,
        case when is_owed then 'due' else 'not_applicable' end as duty,
        review,
        submission,
        submission_id,
        submitted_at,
        open_errors
    from obligations
    where is_owed = (duty = 'not_applicable')
)

select * from final

-- What does the latest return of :unit_code (a town or a county) for a period before :first_day say now, under
-- whichever code it was handed in?
-- :facts is the table of a form, :fields its stored fields.
-- One row per row of that return, in order of places and keys.
with organisations as (
    select org_id
    from core.dim_org
    where place_code = :unit_code and to_load is null
),

codes as (
    select dim_org.place_code
    from organisations
    inner join core.dim_org on organisations.org_id = dim_org.org_id and dim_org.to_load is null
),

reported as (
    select
        division_code,
        period,
        row_key,
        cell_states,
        :fields
    from :facts
    where
        to_load is null
        and (
            town_code in (select codes.place_code from codes)
            or county_code in (select codes.place_code from codes)
        )
),

latest as (
    select dim_period.period
    from core.dim_period
    where
        dim_period.last_day < cast(:first_day as date)
        and dim_period.period in (select reported.period from reported)
    order by dim_period.last_day desc
    limit 1
),

final as (
    select reported.*
    from reported
    inner join latest on reported.period = latest.period
)

select * from final
order by division_code, row_key

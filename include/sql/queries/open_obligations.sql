-- Expect :form_code for :period until :due_on from every organisation of :org_type that owes returns
-- (of :county_code, or of all counties if that is null).
-- One row per organisation; those expected already are left alone.
with asked_period as (
    select last_day
    from core.dim_period
    where period = :period
),

latest_organisations as (
    select distinct on (dim_org.org_id)
        dim_org.org_id,
        dim_org.org_type,
        dim_org.place_code,
        dim_org.owes_returns
    from core.dim_org
    inner join asked_period on dim_org.valid_from <= asked_period.last_day
    where dim_org.to_load is null
    order by dim_org.org_id asc, dim_org.valid_from desc
),

final as (
    select
        org_id,
        cast(:form_code as text) as form_code,
        cast(:period as text) as period,
        cast(:due_on as date) as due_on
    from latest_organisations
    where
        org_type = :org_type
        and (owes_returns or org_type <> 'town_station')
        and left(place_code, 6) = coalesce(left(cast(:county_code as text), 6), left(place_code, 6))
)

insert into core.fct_obligation (org_id, form_code, period, due_on)
select * from final
order by org_id
on conflict do nothing

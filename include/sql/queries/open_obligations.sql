-- Expect :form_code for :period until :due_on from every organisation of :org_type that owes returns
-- (of :county_code, or of all counties if that is null).
-- One row per organisation; those expected already are left alone.
with latest_organisations as (
    select distinct on (org_id)
        org_id,
        org_type,
        place_code,
        owes_returns
    from core.dim_org
    where to_load is null and valid_from <= (select last_day from core.dim_period where period = :period)
    order by org_id asc, valid_from desc
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

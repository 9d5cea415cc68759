-- Which organisations of :org_type owe :form_code for :period and are not expected to yet?
-- Of :county_code, or of all counties if that is null. Who exists on the period's last day reports for it.
-- One row per organisation.
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
        dim_org.owes_returns,
        dim_org.is_closed
    from core.dim_org
    inner join asked_period on dim_org.valid_from <= asked_period.last_day
    where dim_org.to_load is null
    order by dim_org.org_id asc, dim_org.valid_from desc
),

final as (
    select
        org_id,
        rpad(left(place_code, 6), 12, '0') as county_code
    from latest_organisations
    where
        org_type = :org_type
        and not is_closed
        and (owes_returns or org_type <> 'town_station')
        and left(place_code, 6) = coalesce(left(cast(:county_code as text), 6), left(place_code, 6))
        and not exists (
            select 1
            from core.fct_obligation
            where
                fct_obligation.period = :period -- noqa: RF02
                and fct_obligation.form_code = :form_code -- noqa: RF02
                and fct_obligation.org_id = latest_organisations.org_id
                and fct_obligation.to_load is null
        )
)

select * from final
order by org_id

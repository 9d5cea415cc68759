-- Which organisations of :org_type owe :form_code for :period and are not expected to yet?
-- Of :county_code, or of all counties if that is null. Who exists on the period's last day reports for it.
-- One row per organisation. `not in` has the known ones gone before anything else is looked up.
select
    org.org_id,
    rpad(left(org.place_code, 6), 12, '0') as county_code
from core.dim_org as org
inner join core.dim_period as asked_period
    on org.valid_from <= asked_period.last_day and asked_period.period = :period -- noqa: RF02
where
    org.org_type = :org_type -- noqa: RF02
    and org.to_load is null
    and not org.is_closed
    and (org.owes_returns or org.org_type <> 'town_station')
    and (cast(:county_code as text) is null or left(org.place_code, 6) = left(:county_code, 6)) -- noqa: RF02
    and org.org_id not in (
        select known.org_id
        from core.fct_obligation as known
        where
            known.period = :period -- noqa: RF02
            and known.form_code = :form_code -- noqa: RF02
            and known.to_load is null
    )
    and not exists (
        select 1
        from core.dim_org as later
        where
            later.org_id = org.org_id
            and later.to_load is null
            and later.valid_from > org.valid_from
            and later.valid_from <= asked_period.last_day
    )
order by org.org_id

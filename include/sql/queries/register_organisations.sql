-- What does the register say now of the organisations that are or were at places whose codes begin with one of
-- :counties (six digits)?
-- One row per organisation and version, in order of days.
with organisations as (
    select distinct org_id
    from core.dim_org
    where to_load is null and left(place_code, 6) = any(:counties)
)

select
    dim_org.org_id,
    dim_org.valid_from,
    dim_org.org_type,
    dim_org.place_code,
    dim_org.name,
    dim_org.owes_returns,
    dim_org.is_closed
from organisations
inner join core.dim_org on organisations.org_id = dim_org.org_id and dim_org.to_load is null
order by dim_org.org_id asc, dim_org.valid_from asc

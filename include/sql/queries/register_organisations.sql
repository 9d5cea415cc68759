-- What does the register say now of the organisations whose places begin with one of :counties (six digits)?
-- One row per organisation: its latest version.
select distinct on (place_code)
    place_code,
    valid_from,
    org_id,
    name,
    owes_returns
from core.dim_org
where to_load is null and left(place_code, 6) = any(:counties)
order by place_code asc, valid_from desc

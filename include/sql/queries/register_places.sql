-- What does the register say now of the places whose codes begin with one of :counties (six digits)?
-- One row per place and version, in order of days.
select
    place_code,
    valid_from,
    name,
    level,
    parent_code,
    kind,
    is_closed
from core.dim_place
where to_load is null and left(place_code, 6) = any(:counties)
order by place_code asc, valid_from asc

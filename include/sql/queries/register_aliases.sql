-- By which other names does the register know the places whose codes begin with one of :counties (six digits)?
-- One row per place and name.
select
    place_code,
    alias
from core.place_alias
where to_load is null and left(place_code, 6) = any(:counties)
order by place_code, alias

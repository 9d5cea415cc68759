-- By which other names does the register know the places whose codes begin with one of :counties (six digits)?
-- One row per place that has any.
select
    place_code,
    array_agg(alias) as aliases
from core.place_alias
where to_load is null and left(place_code, 6) = any(:counties)
group by place_code

-- What are these :unit_codes called, as known at :known_at?
-- Grain: one row per place.
select distinct on (place_code)
    place_code,
    name
from core.dim_place
where place_code = any(:unit_codes) and from_load <= :known_at and (to_load is null or to_load > :known_at)
order by place_code asc, valid_from desc

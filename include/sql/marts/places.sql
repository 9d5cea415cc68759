-- Which administrative divisions were known, and by what name?
-- Grain: one row per place. Of several versions the one with the latest valid_from holds.

create or replace function marts.places(known_at bigint)
returns table (
    place_code text,
    name text,
    level smallint,
    parent_code text,
    kind text
)
language sql
stable
as $$
select distinct on (place.place_code)
    place.place_code,
    place.name,
    place.level,
    place.parent_code,
    place.kind
from core.dim_place as place
where place.from_load <= known_at and (place.to_load is null or place.to_load > known_at)
order by place.place_code asc, place.valid_from desc
$$;

create or replace view marts.places as
select place.* from marts.places((select max(ops_load.load_id) from ops.loads as ops_load)) as place;

comment on view marts.places is
'Administrative divisions as known; one row per place.';
comment on function marts.places(bigint) is
'As known at a load: Administrative divisions as known; one row per place.';

comment on column marts.places.place_code is '12 digits, zero-padded on the right.';
comment on column marts.places.name is 'Official name.';
comment on column marts.places.level is '1 province, 2 prefecture, 3 county, 4 town, 5 village.';
comment on column marts.places.parent_code is 'The place it belongs to; null at the top.';
comment on column marts.places.kind is 'town, subdistrict, special_zone, village, community …';

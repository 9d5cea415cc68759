-- How did each administrative division stand, from which day until which?
-- Grain: one row per place and version. A version ends where the next one of its place begins.

create or replace function marts.place_versions(known_at bigint)
returns table (
    place_code text,
    name text,
    level smallint,
    parent_code text,
    kind text,
    is_closed boolean,
    valid_from date,
    valid_to date,
    from_load bigint
)
language sql
stable
as $$
select
    place.place_code,
    place.name,
    place.level,
    place.parent_code,
    place.kind,
    place.is_closed,
    place.valid_from,
    following.valid_from as valid_to,
    place.from_load
from core.dim_place as place
left join
    lateral (
        select min(later.valid_from) as valid_from
        from core.dim_place as later
        where
            later.place_code = place.place_code
            and later.valid_from > place.valid_from
            and later.from_load <= known_at
            and (later.to_load is null or later.to_load > known_at)
    ) as following
    on true
where
    place.from_load <= known_at
    and (place.to_load is null or place.to_load > known_at)
$$;

create or replace view marts.place_versions with (security_invoker = true) as
select place.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.place_versions(latest.load_id) as place;

comment on view marts.place_versions is
'Administrative divisions with their days; one row per place and version.';
comment on function marts.place_versions(bigint) is
'As known at a load: Administrative divisions with their days; one row per place and version.';

comment on column marts.place_versions.place_code is '12 digits, zero-padded on the right.';
comment on column marts.place_versions.name is 'Official name.';
comment on column marts.place_versions.level is '1 province, 2 prefecture, 3 county, 4 town, 5 village.';
comment on column marts.place_versions.parent_code is 'The place it belongs to; null at the top.';
comment on column marts.place_versions.kind is 'town, subdistrict, special_zone, village, community …';
comment on column marts.place_versions.is_closed is 'Whether there is no such place on these days any more.';
comment on column marts.place_versions.valid_from is 'First day.';
comment on column marts.place_versions.valid_to is 'The day after the last one; null while it lasts.';
comment on column marts.place_versions.from_load is 'The load that made this version known.';

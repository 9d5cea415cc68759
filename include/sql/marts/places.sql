-- Which administrative divisions were known, by what name, and which of them are no more?
-- Grain: one row per place. Of several versions the one with the latest valid_from holds: the one after which there is
-- none. Without `distinct on` and `with` it is inlined whole, and who joins a few places reaches them by the index.

create or replace function marts.places(known_at bigint)
returns table (
    place_code text,
    name text,
    level smallint,
    parent_code text,
    kind text,
    is_closed boolean,
    change text,
    successor_code text
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
    case when place.is_closed then coalesce(ending.change, 'closed') end as change,
    ending.successor_code
from core.dim_place as place
left join
    lateral (
        select
            min(succession.change) as change,
            case when count(*) = 1 then min(succession.successor_code) end as successor_code
        from core.place_succession as succession
        where
            succession.predecessor_code = place.place_code
            and succession.from_load <= known_at
            and (succession.to_load is null or succession.to_load > known_at)
    ) as ending
    on true
where
    place.from_load <= known_at
    and (place.to_load is null or place.to_load > known_at)
    and not exists (
        select 1
        from core.dim_place as later
        where
            later.place_code = place.place_code
            and later.valid_from > place.valid_from
            and later.from_load <= known_at
            and (later.to_load is null or later.to_load > known_at)
    )
$$;

create or replace view marts.places with (security_invoker = true) as
select place.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.places(latest.load_id) as place;

comment on view marts.places is
'Administrative divisions as known; one row per place.';
comment on function marts.places(bigint) is
'As known at a load: Administrative divisions as known; one row per place.';

comment on column marts.places.place_code is '12 digits, zero-padded on the right.';
comment on column marts.places.name is 'Official name.';
comment on column marts.places.level is '1 province, 2 prefecture, 3 county, 4 town, 5 village.';
comment on column marts.places.parent_code is 'The place it belongs to, or did at last; null at the top.';
comment on column marts.places.kind is 'town, subdistrict, special_zone, village, community …';
comment on column marts.places.is_closed is 'True: it is no more.';
comment on column marts.places.change is
'Of a closed one merged, split, renamed, recoded, upgraded, closed; else null.';
comment on column marts.places.successor_code is 'The one place that took it over; null if there is none, or several.';

-- Where does every place that was ever known lie on today's map?
-- Grain: one row per place ever known. Successors are followed to the places that are there now. What ended without
-- a successor, or was divided, has no present place; it still lies in the town or county in which all of it is.

create or replace function marts.present_places(known_at bigint)
returns table (
    place_code text,
    present_code text,
    town_code text,
    county_code text
)
language sql
stable
as $$
with recursive closed_places as (
    select place.place_code
    from core.dim_place as place
    where
        place.is_closed
        and place.from_load <= known_at
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
),

successions as (
    select
        succession.predecessor_code,
        succession.successor_code
    from core.place_succession as succession
    where succession.from_load <= known_at and (succession.to_load is null or succession.to_load > known_at)
),

heirs as (
    select
        place.place_code,
        place.place_code as heir_code
    from closed_places as place
    union
    select
        heir.place_code,
        succession.successor_code as heir_code
    from heirs as heir
    inner join successions as succession on heir.heir_code = succession.predecessor_code
),

last_heirs as (
    select
        heir.place_code,
        heir.heir_code,
        place.level,
        place.parent_code,
        place.is_closed
    from heirs as heir
    cross join
        lateral (
            select
                version.level,
                version.parent_code,
                version.is_closed
            from core.dim_place as version
            where
                version.place_code = heir.heir_code
                and version.from_load <= known_at
                and (version.to_load is null or version.to_load > known_at)
            order by version.valid_from desc
            limit 1
        ) as place
    where heir.heir_code not in (select succession.predecessor_code from successions as succession)
),

closed_towns as (
    select
        heir.place_code,
        min(heir.heir_code) as town_code
    from last_heirs as heir
    where heir.level = 4
    group by heir.place_code
    having count(*) = 1
),

lying as (
    select
        heir.place_code,
        heir.level,
        case when not heir.is_closed then heir.heir_code end as present_code,
        case heir.level when 5 then coalesce(town.town_code, heir.parent_code) when 4 then heir.heir_code end
            as town_code
    from last_heirs as heir
    left join closed_towns as town on heir.parent_code = town.place_code
),

gone as (
    select
        place.place_code,
        case when count(*) = 1 then min(place.present_code) end as present_code,
        case when min(place.town_code) = max(place.town_code) then min(place.town_code) end as town_code,
        case
            when min(county.county_code) = max(county.county_code) then min(county.county_code)
        end as county_code
    from lying as place
    left join
        lateral (
            select case when place.level = 3 then place.present_code else version.parent_code end as county_code
            from core.dim_place as version
            where
                version.place_code = coalesce(place.town_code, place.present_code)
                and version.from_load <= known_at
                and (version.to_load is null or version.to_load > known_at)
            order by version.valid_from desc
            limit 1
        ) as county
        on true
    group by place.place_code
),

-- each level by itself, so that a filter on county_code goes down the tree by the index
final as (
    select
        village.place_code,
        village.place_code as present_code,
        village.parent_code as town_code,
        town.parent_code as county_code
    from marts.places(known_at) as village
    left join marts.places(known_at) as town on village.parent_code = town.place_code
    where village.level = 5 and not village.is_closed
    union all
    select
        town.place_code,
        town.place_code as present_code,
        town.place_code as town_code,
        town.parent_code as county_code
    from marts.places(known_at) as town
    where town.level = 4 and not town.is_closed
    union all
    select
        county.place_code,
        county.place_code as present_code,
        null as town_code,
        county.place_code as county_code
    from marts.places(known_at) as county
    where county.level = 3 and not county.is_closed
    union all
    select
        place.place_code,
        place.place_code as present_code,
        null as town_code,
        null as county_code
    from marts.places(known_at) as place
    where place.level < 3 and not place.is_closed
    union all
    select
        place.place_code,
        place.present_code,
        place.town_code,
        place.county_code
    from gone as place
)

select * from final
$$;

create or replace view marts.present_places with (security_invoker = true) as
select place.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.present_places(latest.load_id) as place;

comment on view marts.present_places is
'Every place ever known on the map of today; one row per place.';
comment on function marts.present_places(bigint) is
'As known at a load: Every place ever known on the map of today; one row per place.';

comment on column marts.present_places.place_code is 'A place, there now or not (12 digits).';
comment on column marts.present_places.present_code is
'The place it is now; null if it was divided or ended without a successor.';
comment on column marts.present_places.town_code is
'The town in which it lies now; null if in several, and for places above towns.';
comment on column marts.present_places.county_code is
'The county in which it lies now; null if in several, and for places above counties.';

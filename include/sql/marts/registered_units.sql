-- Of which towns and villages does a rate have to be taken, and from which day until which?
-- Grain: one row per town or village and span of days in which it lay in one town and county. Special zones
-- and what lies in them owe nothing and are no part of it; neither are places that are closed.

create or replace function marts.registered_units(known_at bigint)
returns table (
    county_code text,
    town_code text,
    unit_code text,
    level text,
    kind text,
    valid_from date,
    valid_to date,
    from_load bigint
)
language sql
stable
as $$
with towns as (
    select
        town.parent_code as county_code,
        town.place_code as town_code,
        town.place_code as unit_code,
        'town' as level,
        town.kind,
        town.valid_from,
        town.valid_to,
        town.from_load
    from marts.place_versions(known_at) as town
    where town.level = 4 and not town.is_closed and town.kind <> 'special_zone'
),

villages as (
    select
        town.parent_code as county_code,
        town.place_code as town_code,
        village.place_code as unit_code,
        'village' as level,
        village.kind,
        greatest(village.valid_from, town.valid_from) as valid_from,
        least(village.valid_to, town.valid_to) as valid_to,
        greatest(village.from_load, town.from_load) as from_load
    from marts.place_versions(known_at) as town
    inner join marts.place_versions(known_at) as village
        on town.place_code = village.parent_code
    where
        town.level = 4
        and not town.is_closed
        and town.kind <> 'special_zone'
        and village.level = 5
        and not village.is_closed
),

units as (
    select town.* from towns as town
    union all
    select village.* from villages as village
),

final as (
    select unit.*
    from units as unit
    where unit.valid_to is null or unit.valid_from < unit.valid_to
)

select * from final
$$;

create or replace view marts.registered_units with (security_invoker = true) as
select unit.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.registered_units(latest.load_id) as unit;

comment on view marts.registered_units is
'Towns and villages of which rates are taken; one row per unit and span of days.';
comment on function marts.registered_units(bigint) is
'As known at a load: Towns and villages of which rates are taken; one row per unit and span of days.';

comment on column marts.registered_units.county_code is 'Its county (12 digits).';
comment on column marts.registered_units.town_code is 'Its town (12 digits); of a town itself.';
comment on column marts.registered_units.unit_code is 'The town or village (12 digits).';
comment on column marts.registered_units.level is 'town or village (communities are of this level).';
comment on column marts.registered_units.kind is 'town, subdistrict, village, community …';
comment on column marts.registered_units.valid_from is 'First day.';
comment on column marts.registered_units.valid_to is 'The day after the last one; null while it lasts.';
comment on column marts.registered_units.from_load is 'The latest load that made any of this known.';

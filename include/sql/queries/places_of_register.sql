-- Which places are there, for matching what stewards write? The register as it is now.
-- One row per county, town and village of :county_code (of all counties if that is null), in order of codes.
with recursive latest_places as (
    select distinct on (place_code)
        place_code,
        name,
        level,
        parent_code,
        kind
    from core.dim_place
    where to_load is null
    order by place_code asc, valid_from desc
),

latest_organisations as (
    select distinct on (place_code)
        place_code,
        owes_returns
    from core.dim_org
    where to_load is null
    order by place_code asc, valid_from desc
),

tree as (
    select latest_places.*
    from latest_places
    where
        latest_places.place_code = cast(:county_code as text)
        or (cast(:county_code as text) is null and latest_places.level = 3)
    union all
    select latest_places.*
    from tree
    inner join latest_places on tree.place_code = latest_places.parent_code
),

aliases as (
    select
        place_code,
        array_agg(alias order by alias) as aliases
    from core.place_alias
    where to_load is null
    group by place_code
),

final as (
    select
        tree.place_code as code,
        tree.name,
        tree.level,
        coalesce(tree.parent_code, '') as parent_code,
        tree.kind,
        coalesce(latest_organisations.owes_returns, false) as owes_returns,
        coalesce(aliases.aliases, cast(array[] as text[])) as aliases
    from tree
    left join latest_organisations on tree.place_code = latest_organisations.place_code
    left join aliases on tree.place_code = aliases.place_code
)

select * from final
order by code

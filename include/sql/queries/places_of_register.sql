-- Which places are there, were there and will be, for matching what stewards write? The register as known at :known_at.
-- One row per county, town and village and version, of :county_code or of all counties if that is null, in order of
-- codes and days. All names that its organisation ever had are names of a place, and so are its codes.
with places as (
    select
        place_code,
        name,
        level,
        coalesce(parent_code, '') as parent_code,
        kind,
        is_closed,
        valid_from
    from core.dim_place
    where
        from_load <= :known_at and (to_load is null or to_load > :known_at)
        and level >= 3
        and left(place_code, 6) = coalesce(left(cast(:county_code as text), 6), left(place_code, 6))
),

organisations as (
    select
        org_id,
        place_code,
        name,
        owes_returns,
        valid_from
    from core.dim_org
    where from_load <= :known_at and (to_load is null or to_load > :known_at)
),

latest_organisations as (
    select distinct on (place_code)
        place_code,
        org_id,
        owes_returns
    from organisations
    order by place_code asc, valid_from desc
),

changed as (
    select
        org_id,
        array_agg(distinct name) as all_names,
        array_agg(distinct place_code) as codes
    from organisations
    group by org_id
    having count(*) > 1
),

names as (
    select
        org_id,
        unnest(all_names) as other_name
    from changed
    union
    select
        organisations.org_id,
        place_alias.alias as other_name
    from core.place_alias
    inner join organisations on place_alias.place_code = organisations.place_code
    where
        place_alias.from_load <= :known_at -- noqa: RF02
        and (place_alias.to_load is null or place_alias.to_load > :known_at) -- noqa: RF02
),

aliases as (
    select
        org_id,
        array_agg(other_name order by other_name) as aliases
    from names
    group by org_id
),

endings as (
    select
        predecessor_code,
        max(change) as ending,
        array_agg(successor_code order by successor_code) as successors
    from core.place_succession
    where from_load <= :known_at and (to_load is null or to_load > :known_at)
    group by predecessor_code
),

final as (
    select
        places.place_code as code,
        places.name,
        places.level,
        places.parent_code,
        places.kind,
        coalesce(latest_organisations.owes_returns, false) as owes_returns,
        array_remove(coalesce(aliases.aliases, cast(array[] as text[])), places.name) as aliases,
        case when cardinality(changed.codes) > 1 then changed.codes else cast(array[] as text[]) end as codes,
        places.valid_from,
        places.is_closed,
        coalesce(endings.ending, 'closed') as ending,
        coalesce(endings.successors, cast(array[] as text[])) as successors
    from places
    left join latest_organisations on places.place_code = latest_organisations.place_code
    left join aliases on latest_organisations.org_id = aliases.org_id
    left join changed on latest_organisations.org_id = changed.org_id
    left join endings on places.place_code = endings.predecessor_code
)

select * from final
order by code, valid_from

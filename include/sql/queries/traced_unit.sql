-- Which unit does :code mean, as known at :known_at?
-- Grain: at most one row.
with places as (
    select
        place_code,
        name,
        level,
        parent_code
    from core.dim_place
    where place_code = :code and from_load <= :known_at and (to_load is null or to_load > :known_at)
    order by valid_from desc
    limit 1
),

orgs as (
    select
        place_code,
        org_id
    from core.dim_org
    where place_code = :code and from_load <= :known_at and (to_load is null or to_load > :known_at)
    order by valid_from desc
    limit 1
),

final as (
    select
        places.place_code as unit_code,
        places.name as unit_name,
        places.level,
        places.parent_code,
        orgs.org_id
    from places
    left join orgs on places.place_code = orgs.place_code
)

select * from final

-- Which rows are about places or organisations that the register does not know, or of another kind than the form's?
-- One row per unit and column that is wrong, with one of its rows.
-- Filled in: the table :facts and the words :org_types.
with units as (
    select
        org_id,
        division_code,
        town_code,
        county_code,
        min(period) as period,
        min(row_key) as row_key,
        count(*) as versions
    from :facts
    group by org_id, division_code, town_code, county_code
),

wrong as (
    select
        units.*,
        'division_code' as field
    from units
    where
        not exists (
            select 1
            from core.dim_place as place
            where place.place_code = units.division_code
        )
    union all
    select
        units.*,
        'town_code' as field
    from units
    where
        units.town_code <> units.county_code
        and not exists (
            select 1
            from core.dim_place as town
            where town.place_code = units.town_code and town.level = 4
        )
    union all
    select
        units.*,
        'county_code' as field
    from units
    where
        not exists (
            select 1
            from core.dim_place as county
            where county.place_code = units.county_code and county.level = 3
        )
    union all
    select
        units.*,
        'org_id' as field
    from units
    where not exists (
        select 1
        from core.dim_org as org
        where
            org.org_id = units.org_id
            and org.place_code = units.division_code
            and org.org_type in (:org_types) -- noqa: RF02
    )
),

final as (
    select
        division_code,
        period,
        row_key,
        org_id,
        town_code,
        county_code,
        versions,
        field
    from wrong
)

select * from final

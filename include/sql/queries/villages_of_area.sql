-- Which villages of the area :area_code (county or prefecture) should have had a centre on :frozen_on?
-- Grain: one code per village centre of a town that owes returns, by code: the centre's code on that day, or its first.
with centers as (
    select distinct on (center.org_id)
        center.org_id,
        center.place_code,
        center.is_closed
    from core.dim_org as center
    where center.org_type = 'village_center' and center.to_load is null
    order by
        center.org_id asc, center.valid_from <= :frozen_on desc, abs(center.valid_from - cast(:frozen_on as date)) asc
),

final as (
    select distinct centers.place_code
    from centers
    inner join core.dim_place as village
        on centers.place_code = village.place_code and village.to_load is null and village.level = 5
    inner join core.dim_place as town on village.parent_code = town.place_code and town.to_load is null
    left join core.dim_place as county on town.parent_code = county.place_code and county.to_load is null
    inner join core.dim_org as station
        on
            town.place_code = station.place_code
            and station.org_type = 'town_station'
            and station.to_load is null
            and station.owes_returns
    where not centers.is_closed and :area_code in (town.parent_code, county.parent_code) -- noqa: RF02
)

select place_code from final
order by place_code

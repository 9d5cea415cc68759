-- Which of the codes :codes are villages, of which town, and do they belong to the area :area_code (a county or a
-- prefecture)?
-- Grain: one row per version of a village's names and places, the latest last.
select
    village.place_code,
    village.name,
    village.parent_code,
    center.org_id,
    :area_code in (town.parent_code, county.parent_code) as is_of_area, -- noqa: RF02
    coalesce(station.owes_returns, false) as town_owes_returns
from core.dim_place as village
inner join core.dim_place as town on village.parent_code = town.place_code and town.to_load is null
left join core.dim_place as county on town.parent_code = county.place_code and county.to_load is null
left join core.dim_org as center
    on village.place_code = center.place_code and center.org_type = 'village_center' and center.to_load is null
left join core.dim_org as station
    on town.place_code = station.place_code and station.org_type = 'town_station' and station.to_load is null
where village.place_code = any(:codes) and village.to_load is null and village.level = 5 -- noqa: RF02
order by village.valid_from, town.valid_from, center.valid_from, station.valid_from

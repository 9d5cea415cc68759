-- In which file, sheet and row does the floor area of every village stand?
-- Grain: one row per village and quarter with a floor area. A value that was kept from an earlier file names that file;
-- `wentong trace` shows the very cell and its text.

select
    center.period,
    center.division_code,
    center.village_name,
    center.floor_area_m2,
    coalesce(
        cast((center.kept_from -> 'floor_area_m2') ->> 'submission_id' as bigint), center.submission_id
    ) as submission_id,
    coalesce((center.kept_from -> 'floor_area_m2') ->> 'sheet', center.sheet) as sheet,
    coalesce(
        cast((center.kept_from -> 'floor_area_m2') ->> 'row_number' as bigint), center.row_number
    ) as row_number
from marts.village_center as center
where center.floor_area_m2 is not null
order by center.period, center.division_code

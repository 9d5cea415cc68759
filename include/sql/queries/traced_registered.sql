-- Which villages or towns (:level) of a unit did the register have on the last day of a period, :day, as known at
-- :known_at?
-- Grain: one row per unit; with :kinds (null: any) those of these kinds only.
select unit_code
from marts.registered_units(:known_at)
where
    valid_from <= cast(:day as date)
    and (valid_to is null or valid_to > cast(:day as date))
    and level = :level
    and :unit_code in (unit_code, town_code, county_code)
    and county_code = :county_code
    and (cast(:kinds as text[]) is null or kind = any(:kinds))
order by unit_code

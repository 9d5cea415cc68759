-- Which rows of returns make up an indicator :indicator_code of a unit in a :period, as known at :known_at?
-- Grain: one row per row of a return, those that do not count too. Of a town (:level) its villages' rows only with
-- :adds_up.
select
    part.division_code,
    part.item,
    part.numerator,
    part.denominator,
    part.outcome,
    part.table_name,
    part.reported_period,
    part.row_key
from marts.indicator_rows(:known_at) as part
where
    part.indicator_code = :indicator_code
    and part.period = :period
    and part.county_code = :county_code
    and case :level
        when 'village' then part.division_code = :unit_code
        when 'town' then part.town_code = :unit_code and (:adds_up or part.division_code = :unit_code)
        else true
    end
order by part.town_code, part.division_code, part.table_name, part.reported_period, part.row_key

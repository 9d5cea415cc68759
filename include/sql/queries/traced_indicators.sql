-- What is an indicator :indicator_code of a unit in a :period, as known at :known_at?
-- Grain: one row per item.
select
    figure.item,
    figure.numerator,
    figure.denominator,
    figure.times,
    figure.value,
    figure.without_value,
    figure.list_id,
    figure.rows_counted,
    figure.rows_contested,
    figure.rows_missing
from marts.indicators(:known_at) as figure
where
    figure.county_code = :county_code
    and figure.unit_code = :unit_code
    and figure.level = :level
    and figure.period = :period
    and figure.indicator_code = :indicator_code
order by figure.item

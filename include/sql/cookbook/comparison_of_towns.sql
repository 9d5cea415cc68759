-- How do towns compare in an indicator: who stands where, and how far from the middle?
-- Grain: one row per town, quarter and indicator that is ranked. For one indicator add its code.

select
    compared.period,
    compared.indicator_code,
    compared.title,
    compared.rank,
    compared.town_code,
    compared.town_name,
    compared.value,
    compared.median,
    compared.value - compared.median as above_median
from marts.town_comparison as compared
where compared.is_ranked
order by compared.period, compared.indicator_code, compared.rank, compared.town_code

-- How did the books of every village change from one return to the next?
-- Grain: one row per village and quarter reported. For one village add: where center.division_code = '440783117201'.

select
    center.division_code,
    center.village_name,
    center.period,
    center.books_total,
    center.books_total
    - lag(center.books_total) over (partition by center.division_code order by center.period) as difference,
    center.is_contested
from marts.village_center as center
order by center.division_code, center.period

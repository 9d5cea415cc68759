-- What became of the closed places whose codes begin with one of :counties (six digits)?
-- One row per place that has successors.
select
    predecessor_code,
    change,
    effective_on,
    array_agg(successor_code) as successors
from core.place_succession
where to_load is null and left(predecessor_code, 6) = any(:counties)
group by predecessor_code, change, effective_on

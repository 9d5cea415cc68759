-- When did the accepted rows of each period last change?
-- Grain: one row per period that has any.
select
    centers.period,
    max(loads.loaded_at) as loaded_at
from core.fct_village_center as centers
inner join ops.loads as loads
    on centers.from_load = loads.load_id
group by centers.period
order by centers.period

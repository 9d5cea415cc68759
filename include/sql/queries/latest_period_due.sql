-- Which is the latest period whose returns are due on :today?
-- Grain: one row.
select max(period) as period
from core.fct_obligation
where due_on <= :today

-- Which values are contested: shown as they were known before, because the later ones could not be taken?
-- Grain: one row per village, quarter and field; field `_row` stands for the whole row.

with states as (
    select
        center.*,
        unnest(json_keys(center.cell_states)) as field
    from marts.village_center as center
)

select
    states.period,
    states.town_name,
    states.division_code,
    states.village_name,
    states.field,
    states.submission_id
from states
where (states.cell_states ->> states.field) = 'contested'
order by states.period, states.division_code, states.field

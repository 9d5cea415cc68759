-- Which values are contested: shown as they were known before, because the later ones could not be taken?
-- Grain: one row per village, quarter and field; field `_row` stands for the whole row.

select
    center.period,
    center.town_name,
    center.division_code,
    center.village_name,
    state.field,
    center.submission_id
from marts.village_center as center
cross join lateral jsonb_each_text(center.cell_states) as state (field, reason)
where state.reason = 'contested'
order by center.period, center.division_code, state.field

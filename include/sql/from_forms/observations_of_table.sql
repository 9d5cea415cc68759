-- Which values did the rows of a form table hold at a load? One branch of marts.observations.
-- Grain: one row per unit, period, row key and field.
-- Filled in from the form: :of_form, :of_table, the table :facts, and of its fields the lists :names,
-- :texts and :numbers.
select
    report.county_code,
    report.town_code,
    report.division_code,
    report.org_id,
    report.period,
    :of_form as form_code,
    :of_table as table_name,
    report.row_key,
    cell.field,
    cell.value_text,
    cell.value_number,
    coalesce(report.cell_states ->> cell.field, report.cell_states ->> '_row') as cell_state,
    coalesce(
        cast(report.kept_from -> cell.field ->> 'submission_id' as bigint), report.submission_id
    ) as submission_id,
    report.from_load
from :facts as report
cross join
    lateral unnest(
        cast(array[:names] as text[]), cast(array[:texts] as text[]), cast(array[:numbers] as numeric[])
    ) as cell (field, value_text, value_number)
where
    report.from_load <= known_at -- noqa: RF03
    and (report.to_load is null or report.to_load > known_at) -- noqa: RF03

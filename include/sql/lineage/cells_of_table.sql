-- Which values did the rows of a form table hold, in which version?
-- Grain: one row per unit, period, row key, field and version. One branch of the view ops.lineage.
-- Filled in from the form: :of_form, :of_table, the table :facts, and the lists :names and
-- :amounts of its fields.
select
    :of_form as form_code,
    :of_table as table_name,
    report.org_id,
    report.division_code,
    report.town_code,
    report.county_code,
    report.period,
    report.row_key,
    cell.field,
    cell.value,
    report.cell_states ->> cell.field as state,
    report.cell_states ? '_row' as is_row_contested,
    report.from_load,
    report.to_load,
    report.submission_id as row_submission_id,
    report.sheet as row_sheet,
    report.row_number as whole_row_number,
    report.kept_from -> cell.field as kept_from
from :facts as report
cross join
    lateral unnest(cast(array[:names] as text[]), cast(array[:amounts] as text[])) as cell (field, value)

-- Where does any figure come from: which file, which sheet, which row?
-- Grain: one row per form table, unit, period, row key, field and version. Filled in from the forms: the branches of
-- the first CTE, one of cells_of_table.sql per table.
--
-- A value that was kept from an earlier file names that file, its sheet and its row. Ask with county_code and period,
-- or with org_id: these are indexed. What every cell held, letter for letter, is in the bronze file.
create view ops.lineage with (security_invoker = true) as
with cells as (
    :cells_of_tables -- noqa
),

sources as (
    select
        cells.*,
        coalesce(cast(cells.kept_from ->> 'submission_id' as bigint), cells.row_submission_id) as submission_id,
        coalesce(cells.kept_from ->> 'sheet', cells.row_sheet) as sheet,
        coalesce(cast(cells.kept_from ->> 'row_number' as int), cells.whole_row_number) as row_number
    from cells
),

final as (
    select
        origin.form_code,
        origin.table_name,
        origin.org_id,
        origin.division_code,
        origin.town_code,
        origin.county_code,
        origin.period,
        origin.row_key,
        origin.field,
        origin.value,
        origin.state,
        origin.is_row_contested,
        origin.from_load,
        origin.to_load,
        ops_load.loaded_at,
        ops_load.submission_id as loaded_submission_id,
        origin.submission_id,
        source_file.sha256,
        source_file.archive_name,
        format(
            '%s/%s.%s.parquet', left(source_file.sha256, 2), source_file.sha256, source_file.submission_id
        ) as bronze_name,
        source_file.share as share_name,
        concat_ws(
            '/', nullif(source_file.inbox, ''), nullif(source_file.folder, ''), source_file.file_name
        ) as file_path,
        origin.sheet,
        origin.row_number,
        source_file.received_at
    from sources as origin
    inner join ops.loads as ops_load on origin.from_load = ops_load.load_id
    inner join ops.submissions as source_file on origin.submission_id = source_file.submission_id
)

select * from final;

comment on column ops.lineage.form_code is 'The form.';
comment on column ops.lineage.table_name is 'Its table.';
comment on column ops.lineage.org_id is 'The unit the row is about.';
comment on column ops.lineage.division_code is 'Its place (12 digits) when the row was loaded.';
comment on column ops.lineage.town_code is
'Its town (12 digits) when the row was loaded; of the county''s own rows the county.';
comment on column ops.lineage.county_code is 'Its county (12 digits) when the row was loaded.';
comment on column ops.lineage.period is 'Reporting period.';
comment on column ops.lineage.row_key is 'What tells rows of one unit and period apart.';
comment on column ops.lineage.field is 'The field.';
comment on column ops.lineage.value is 'Its value as text, in the declared unit; null says why in state.';
comment on column ops.lineage.state is
'Why the value is missing or not to be taken as it stands: blank, withheld, contested …; null: as it stands.';
comment on column ops.lineage.is_row_contested is
'Whether the whole row was kept because a later one was quarantined.';
comment on column ops.lineage.from_load is 'The load that made this version known.';
comment on column ops.lineage.to_load is 'The load that replaced or withdrew it; null while it is current.';
comment on column ops.lineage.loaded_at is 'When that first load was.';
comment on column ops.lineage.loaded_submission_id is
'The file whose load made this version; it may have left the value as it was.';
comment on column ops.lineage.submission_id is 'The file in which the value stands.';
comment on column ops.lineage.sha256 is 'Of that file''s bytes.';
comment on column ops.lineage.archive_name is 'The original, below the archive folder.';
comment on column ops.lineage.bronze_name is 'What was read from it, cell by cell, below the archive folder.';
comment on column ops.lineage.share_name is 'The shared folder it was handed in to.';
comment on column ops.lineage.file_path is 'Where it lay, below the share.';
comment on column ops.lineage.sheet is 'Sheet of that file.';
comment on column ops.lineage.row_number is
'Row of that sheet, as Excel shows it; in a form that goes down the page that of the unit''s name.';
comment on column ops.lineage.received_at is 'When the file was received.'

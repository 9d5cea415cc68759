-- Which versions stand in no file: not loaded by then, or without such a row among those kept in the archive?
-- One row per version. Filled in: the table :facts and the word :table_name.
with final as (
    select
        facts.division_code,
        facts.period,
        facts.row_key,
        facts.from_load,
        facts.submission_id,
        facts.sheet,
        facts.row_number
    from :facts as facts
    left join ops.submissions on facts.submission_id = submissions.submission_id
    where
        submissions.load_id is null
        or submissions.load_id > facts.from_load
        or not exists (
            select 1
            from archive_rows
            where
                archive_rows.submission_id = facts.submission_id
                and archive_rows.table_name = :table_name -- noqa: RF02
                and archive_rows.sheet = facts.sheet
                and archive_rows.row_number = facts.row_number
                and archive_rows.status = 'accept'
        )
)

select * from final

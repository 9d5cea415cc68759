-- Of which judged files does the archive keep nothing, or another number of rows than the table says?
-- One row per file. A row with status `file` stands for the file itself.
with kept as (
    select
        submission_id,
        count(*) filter (where status = 'accept') as rows_accepted,
        count(*) filter (where status = 'quarantine') as rows_quarantined,
        count(*) filter (where status = 'duplicate') as rows_duplicate
    from archive_rows
    group by submission_id
),

final as (
    select
        submissions.submission_id,
        submissions.file_name,
        submissions.rows_accepted,
        kept.rows_accepted as accepted_in_archive,
        submissions.rows_quarantined,
        kept.rows_quarantined as quarantined_in_archive,
        submissions.rows_duplicate,
        kept.rows_duplicate as duplicate_in_archive
    from ops.submissions as submissions
    left join kept on submissions.submission_id = kept.submission_id
    where
        submissions.judged_at is not null
        and (submissions.rows_accepted, submissions.rows_quarantined, submissions.rows_duplicate)
        is distinct from (kept.rows_accepted, kept.rows_quarantined, kept.rows_duplicate)
)

select * from final

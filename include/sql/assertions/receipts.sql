-- Which receipts are in the journal and not in the table, or the other way round, or of other bytes?
-- One row per receipt. What the table has not read of the journal yet is not missing.
with final as (
    select
        coalesce(archive_receipts.submission_id, submissions.submission_id) as submission_id,
        archive_receipts.sha256 as in_the_journal,
        submissions.sha256 as in_the_table
    from archive_receipts
    full join ops.submissions on archive_receipts.submission_id = submissions.submission_id
    where
        archive_receipts.sha256 is distinct from submissions.sha256
        and (
            archive_receipts.submission_id is null
            or submissions.submission_id is not null
            or archive_receipts.journal_seq <= (select journal_position.seq from ops.journal_position)
        )
)

select * from final

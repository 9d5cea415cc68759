-- Which accepted rows of loaded files are neither in the table nor superseded there?
-- One row per row in the archive. Right after the load of a file, whatever was known of its rows had been stated by
-- that file or by a later one; of a ledger, a later return of the same unit may also have left no such row.
-- Filled in: the table :facts, the words :form_code and :table_name, whether it :is_ledger, and as :reporter_code the
-- unit that reports a row, as :scope_code that of a scope.
with accepted as (
    select
        archive_rows.division_code,
        submissions.period,
        archive_rows.row_key,
        archive_rows.submission_id,
        archive_rows.sheet,
        archive_rows.row_number,
        archive_rows.town_code,
        loads.load_id
    from archive_rows
    inner join ops.loads as loads on archive_rows.submission_id = loads.submission_id
    inner join ops.submissions as submissions on archive_rows.submission_id = submissions.submission_id
    where archive_rows.status = 'accept' and archive_rows.table_name = :table_name -- noqa: RF02
),

orgs as (
    select distinct
        place_code,
        org_id
    from core.dim_org
),

missing as (
    select accepted.*
    from accepted
    where not exists (
        select 1
        from orgs
        inner join :facts as facts on orgs.org_id = facts.org_id
        where
            orgs.place_code = accepted.division_code
            and facts.period = accepted.period
            and facts.row_key = accepted.row_key
            and facts.confirmed_by >= accepted.submission_id
            and facts.from_load <= accepted.load_id
            and (facts.to_load is null or facts.to_load > accepted.load_id)
    )
),

final as (
    select
        missing.division_code,
        missing.period,
        missing.row_key,
        missing.submission_id,
        missing.sheet,
        missing.row_number,
        missing.load_id
    from missing
    where not (
        :is_ledger -- noqa: RF02
        and exists (
            select 1
            from ops.submissions as later
            inner join ops.submission_scopes as scopes on later.submission_id = scopes.submission_id
            where
                later.submission_id > missing.submission_id
                and later.load_id < missing.load_id
                and later.form_code = :form_code -- noqa: RF02
                and :table_name = any(later.table_names) -- noqa: RF02
                and scopes.period = missing.period
                and :scope_code = :reporter_code -- noqa: RF02
        )
    )
)

select * from final

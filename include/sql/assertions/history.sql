-- Of which periods would the last audit that passed count other rows or values today, as known at its load?
-- One row per period and field (none: the rows themselves). What was known at a load never changes, so any difference
-- is damage. `empty_rows` are rows of that period whose field is empty without a reason: likely those that lost it.
-- Filled in: the word :table_name, the table :facts, the load :known_at, the audit :audit_before, and :empty_fields,
-- which lists the fields of a row that are empty without a reason.
with earlier as (
    select
        period,
        row_count,
        filled
    from ops.audit_figures
    where audit_id = :audit_before and table_name = :table_name -- noqa: RF02
),

again as (
    select
        period,
        row_count,
        filled
    from figures_again
    where table_name = :table_name -- noqa: RF02
),

counted as (
    select
        coalesce(earlier.period, again.period) as period,
        coalesce(earlier.row_count, 0) as rows_before,
        coalesce(again.row_count, 0) as row_count,
        coalesce(earlier.filled, '{}') as filled_before,
        coalesce(again.filled, '{}') as filled
    from earlier
    full join again on earlier.period = again.period
),

changed as (
    select
        counted.period,
        null as field,
        counted.rows_before as found_before,
        counted.row_count as found
    from counted
    where counted.rows_before <> counted.row_count
    union all
    select
        counted.period,
        filled.key as field,
        cast(filled.value as bigint) as found_before,
        cast(counted.filled ->> filled.key as bigint) as found
    from counted
    cross join lateral jsonb_each_text(counted.filled_before) as filled
    where counted.rows_before = counted.row_count and filled.value <> counted.filled ->> filled.key
),

final as (
    select
        changed.*,
        (
            select jsonb_agg(trim(bare.division_code || ' ' || bare.row_key))
            from (
                select
                    facts.division_code,
                    facts.row_key
                from :facts as facts
                where
                    facts.period = changed.period
                    and facts.from_load <= :known_at -- noqa: RF02
                    and (facts.to_load is null or facts.to_load > :known_at) -- noqa: RF02
                    and changed.field = any(:empty_fields) -- noqa: RF02
                order by facts.division_code, facts.row_key
                limit 20
            ) as bare
        ) as empty_rows
    from changed
)

select * from final

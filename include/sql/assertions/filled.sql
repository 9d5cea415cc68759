-- Of which periods and fields are far fewer values filled in than at the last audit?
-- One row per period and field. Returns did that, for what was known is not changed: perhaps a heading that is not
-- recognised any more. Filled in: the word :table_name, this audit and the one before, from how many rows on a share
-- :is_said, and by how much it :may_drop.
with final as (
    select
        latest.period,
        filled.key as field,
        round(100.0 * cast(earlier.filled ->> filled.key as bigint) / earlier.row_count) as percent_before,
        round(100.0 * cast(filled.value as bigint) / latest.row_count) as percent_now
    from ops.audit_figures as latest
    inner join ops.audit_figures as earlier
        on
            latest.table_name = earlier.table_name
            and latest.period = earlier.period
            and earlier.audit_id = :audit_before -- noqa: RF02
    cross join lateral jsonb_each_text(latest.filled) as filled
    where
        latest.audit_id = :audit_id -- noqa: RF02
        and latest.table_name = :table_name -- noqa: RF02
        and least(latest.row_count, earlier.row_count) >= :is_said -- noqa: RF02
        and cast(earlier.filled ->> filled.key as numeric) / earlier.row_count
        - cast(filled.value as numeric) / latest.row_count > :may_drop -- noqa: RF02
)

select * from final

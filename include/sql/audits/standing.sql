-- Which audit was the last, which the last that passed, and what had they seen?
-- Grain: one row.
with audits as (
    select
        done.audit_id,
        done.load_id,
        not exists (
            select 1
            from ops.audit_results as verdict
            where verdict.audit_id = done.audit_id and verdict.severity = 'error' and not verdict.is_passed
        ) as has_passed
    from ops.audits as done
),

final as (
    select
        max(audit_id) as last_audit,
        max(audit_id) filter (where has_passed) as last_passed,
        max(load_id) filter (where has_passed) as load_passed
    from audits
)

select * from final

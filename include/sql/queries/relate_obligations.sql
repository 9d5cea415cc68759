-- How does each expected return stand, after what was judged, decided and loaded?
-- One row per organisation, form and period that :submission_ids speak of, or of :form_code and :period
-- (null: whatever the other says; both null: everything). Only rows that differ are written.
-- What is critical holds a whole file; who released it has overruled it, so it is no open error any more. What contests
-- a value by comparing it with other rows is an open error of who reports the form, whichever file it stands in.
with touched as (
    select distinct
        form_code,
        period,
        unit_code
    from ops.submission_scopes
    where
        (cast(:submission_ids as bigint[]) is null or submission_id = any(cast(:submission_ids as bigint[])))
        and (cast(:form_code as text) is null or form_code = cast(:form_code as text))
        and (cast(:period as text) is null or period = cast(:period as text))
),

overruled as (
    select
        findings.submission_id,
        count(*) as errors
    from ops.submissions
    inner join ops.findings on submissions.submission_id = findings.submission_id
    where submissions.decision = 'released' and findings.severity = 'critical'
    group by findings.submission_id
),

returns as (
    select
        scopes.form_code,
        scopes.period,
        scopes.unit_code,
        scopes.submission_id,
        greatest(scopes.open_errors - coalesce(overruled.errors, 0), 0) as open_errors,
        submissions.received_at,
        submissions.load_id is not null and (scopes.rows_accepted > 0 or scopes.is_zero) as is_accepted,
        case
            when submissions.load_id is not null and scopes.is_zero then 'zero'
            when submissions.load_id is not null and scopes.rows_accepted > 0 then 'accepted'
            when submissions.load_id is not null then 'returned'
            when submissions.outcome = 'reject' or submissions.decision = 'returned' then 'returned'
            when submissions.outcome = 'quarantine_file' and submissions.decision is null then 'held'
            else 'received'
        end as submission
    from touched
    -- offset 0 keeps the planner to the index when statistics are old, as after a large batch
    cross join
        lateral (
            select submission_scopes.*
            from ops.submission_scopes
            where
                submission_scopes.form_code = touched.form_code
                and submission_scopes.period = touched.period
                and submission_scopes.unit_code = touched.unit_code
            order by submission_scopes.submission_id
            offset 0
        ) as scopes
    inner join ops.submissions on scopes.submission_id = submissions.submission_id
    left join overruled on scopes.submission_id = overruled.submission_id
),

contested as (
    select
        found.form_code,
        found.period,
        case when dim_form.reported_by = 'county' then found.county_code else found.town_code end as unit_code
    from ops.relation_findings as found
    inner join core.dim_form on found.form_code = dim_form.form_code
    where found.to_load is null and found.severity = 'error' and found.waiver_id is null
),

contests as (
    select
        form_code,
        period,
        unit_code,
        count(*) as errors
    from contested
    group by form_code, period, unit_code
),

latest_returns as (
    select distinct on (form_code, period, unit_code)
        form_code,
        period,
        unit_code,
        submission_id,
        open_errors,
        submission,
        min(received_at) filter (where is_accepted) over (partition by form_code, period, unit_code) as submitted_at
    from returns
    order by form_code asc, period asc, unit_code asc, submission_id desc
),

final as (
    select distinct
        dim_org.org_id,
        latest_returns.form_code,
        latest_returns.period,
        latest_returns.submission_id,
        latest_returns.submission,
        latest_returns.submitted_at,
        latest_returns.open_errors + coalesce(contests.errors, 0) as open_errors
    from latest_returns
    left join contests
        on
            latest_returns.form_code = contests.form_code
            and latest_returns.period = contests.period
            and latest_returns.unit_code = contests.unit_code
    inner join core.dim_org on latest_returns.unit_code = dim_org.place_code and dim_org.to_load is null
)

update core.fct_obligation
set
    submission = final.submission,
    submission_id = final.submission_id,
    submitted_at = final.submitted_at,
    open_errors = final.open_errors
from final
where
    fct_obligation.org_id = final.org_id
    and fct_obligation.form_code = final.form_code
    and fct_obligation.period = final.period
    and (
        fct_obligation.submission_id is distinct from final.submission_id
        or fct_obligation.submission <> final.submission
        or fct_obligation.submitted_at is distinct from final.submitted_at
        or fct_obligation.open_errors <> final.open_errors
    )

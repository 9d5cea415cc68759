-- How did each expected return stand after each load of this batch, where that differs from before?
-- One row per organisation, form, period and load by which its state is another: a version to be written. The latest
-- return that was known decides, under whatever code of the organisation it came. What is critical holds a whole file;
-- who released it has overruled it, so it is no open error any more. What contests a value by comparing it with other
-- rows is an open error of who reports the form.
-- Filled in: the loads of the batch, :first_load to :top_load.
create temporary table obligation_states on commit drop as
with batch as (
    select
        load_id,
        kind,
        submission_id,
        journal_seq
    from ops.loads
    where load_id between :first_load and :top_load -- noqa: RF02
),

known_submissions as (
    select submission_id
    from batch
    where kind = 'return'
    union
    select submissions.submission_id
    from batch
    inner join ops.submissions on batch.journal_seq = submissions.journal_seq
    where batch.kind = 'verdict'
    union
    select decisions.submission_id
    from batch
    inner join ops.decisions on batch.journal_seq = decisions.decision_id
),

stated as (
    select distinct
        scopes.form_code,
        scopes.period,
        org.org_id
    from known_submissions
    inner join ops.submission_scopes as scopes on known_submissions.submission_id = scopes.submission_id
    inner join core.dim_org as org on scopes.unit_code = org.place_code and org.to_load is null
),

contested as (
    select distinct
        found.form_code,
        found.period,
        org.org_id,
        moment.load_id
    from ops.relation_findings as found
    inner join core.dim_form on found.form_code = dim_form.form_code
    inner join core.dim_org as org
        on
            org.place_code = case when dim_form.reported_by = 'county' then found.county_code else found.town_code end
            and org.to_load is null
    cross join lateral (values (found.from_load), (found.to_load)) as moment (load_id)
    where
        (
            found.from_load between :first_load and :top_load -- noqa: RF02
            or found.to_load between :first_load and :top_load -- noqa: RF02
        )
        and moment.load_id between :first_load and :top_load -- noqa: RF02
        and found.severity = 'error'
),

opened as (
    select
        form_code,
        period,
        org_id,
        from_load as load_id
    from core.fct_obligation
    where from_load between :first_load and :top_load and to_load is null -- noqa: RF02
),

touched as (
    select
        form_code,
        period,
        org_id
    from stated
    union
    select
        form_code,
        period,
        org_id
    from contested
    union
    select
        form_code,
        period,
        org_id
    from opened
),

organisations as (
    select distinct
        org.org_id,
        org.place_code
    from touched
    inner join core.dim_org as org on touched.org_id = org.org_id and org.to_load is null
),

-- offset 0 keeps the planner to the index when statistics are old, as after a large batch
returns as (
    select
        scopes.form_code,
        scopes.period,
        touched.org_id,
        scopes.submission_id,
        scopes.open_errors,
        scopes.rows_accepted,
        scopes.is_zero,
        submissions.journal_seq,
        submissions.received_at,
        submissions.outcome,
        submissions.decision
    from touched
    inner join organisations on touched.org_id = organisations.org_id
    cross join
        lateral (
            select submission_scopes.*
            from ops.submission_scopes
            where
                submission_scopes.form_code = touched.form_code
                and submission_scopes.period = touched.period
                and submission_scopes.unit_code = organisations.place_code
            order by submission_scopes.submission_id
            offset 0
        ) as scopes
    inner join ops.submissions on scopes.submission_id = submissions.submission_id
),

overruled as (
    select
        returns.submission_id,
        count(distinct findings.finding_number) as errors
    from returns
    inner join ops.findings on returns.submission_id = findings.submission_id
    where returns.decision = 'released' and findings.severity = 'critical'
    group by returns.submission_id
),

turns as (
    select
        returns.*,
        taken.load_id,
        case
            when taken.kind = 'return' and returns.is_zero then 'zero'
            when taken.kind = 'return' and returns.rows_accepted > 0 then 'accepted'
            when taken.kind = 'verdict' and returns.outcome = 'quarantine_file' then 'held'
            else 'returned'
        end as submission,
        case
            when taken.kind = 'verdict' then returns.open_errors
            else greatest(returns.open_errors - coalesce(overruled.errors, 0), 0)
        end as errors_then
    from returns
    left join overruled on returns.submission_id = overruled.submission_id
    cross join
        lateral (
            select
                loads.load_id,
                loads.kind
            from ops.loads
            where loads.submission_id = returns.submission_id
            union all
            select
                loads.load_id,
                loads.kind
            from ops.loads
            where loads.journal_seq = returns.journal_seq and loads.kind = 'verdict'
            union all
            select
                loads.load_id,
                loads.kind
            from ops.decisions
            inner join ops.loads on decisions.decision_id = loads.journal_seq
            where decisions.submission_id = returns.submission_id and loads.kind = 'decision'
        ) as taken
),

moments as (
    select
        form_code,
        period,
        org_id,
        load_id
    from turns
    where load_id between :first_load and :top_load -- noqa: RF02
    union
    select
        form_code,
        period,
        org_id,
        load_id
    from contested
    union
    select
        form_code,
        period,
        org_id,
        load_id
    from opened
),

latest_returns as (
    select distinct on (moments.form_code, moments.period, moments.org_id, moments.load_id)
        moments.form_code,
        moments.period,
        moments.org_id,
        moments.load_id,
        turns.submission,
        turns.submission_id,
        turns.errors_then,
        min(turns.received_at) filter (where turns.submission in ('accepted', 'zero')) over (
            partition by moments.form_code, moments.period, moments.org_id, moments.load_id
        ) as submitted_at
    from moments
    inner join turns
        on
            moments.form_code = turns.form_code
            and moments.period = turns.period
            and moments.org_id = turns.org_id
            and moments.load_id >= turns.load_id
    order by
        moments.form_code asc, moments.period asc, moments.org_id asc, moments.load_id asc,
        turns.submission_id desc, turns.load_id desc
),

contests as (
    select
        latest_returns.form_code,
        latest_returns.period,
        latest_returns.org_id,
        latest_returns.load_id,
        count(*) as errors
    from latest_returns
    inner join core.dim_form on latest_returns.form_code = dim_form.form_code
    inner join organisations on latest_returns.org_id = organisations.org_id
    inner join ops.relation_findings as found
        on
            latest_returns.form_code = found.form_code
            and latest_returns.period = found.period
            and left(organisations.place_code, 6) || '000000' = found.county_code
            and latest_returns.load_id >= found.from_load
            and (found.to_load is null or latest_returns.load_id < found.to_load)
    where
        found.severity = 'error'
        and found.waiver_id is null
        and organisations.place_code
        = case when dim_form.reported_by = 'county' then found.county_code else found.town_code end
    group by latest_returns.form_code, latest_returns.period, latest_returns.org_id, latest_returns.load_id
),

standings as (
    select
        obligation.org_id,
        obligation.county_code,
        obligation.form_code,
        obligation.period,
        latest_returns.load_id as at_load,
        obligation.due_on,
        obligation.duty,
        obligation.review,
        latest_returns.submission,
        latest_returns.submission_id,
        latest_returns.submitted_at,
        latest_returns.errors_then + coalesce(contests.errors, 0) as open_errors,
        obligation.submission as known_submission,
        obligation.submission_id as known_submission_id,
        obligation.submitted_at as known_submitted_at,
        cast(obligation.open_errors as bigint) as known_open_errors
    from latest_returns
    inner join core.fct_obligation as obligation
        on
            latest_returns.org_id = obligation.org_id
            and latest_returns.form_code = obligation.form_code
            and latest_returns.period = obligation.period
            and latest_returns.load_id >= obligation.from_load
            and obligation.to_load is null
    left join contests
        on
            latest_returns.form_code = contests.form_code
            and latest_returns.period = contests.period
            and latest_returns.org_id = contests.org_id
            and latest_returns.load_id = contests.load_id
),

compared as (
    select
        standings.*,
        lag(standings.submission, 1, standings.known_submission) over by_load as last_submission,
        lag(standings.submission_id, 1, standings.known_submission_id) over by_load as last_submission_id,
        lag(standings.submitted_at, 1, standings.known_submitted_at) over by_load as last_submitted_at,
        lag(standings.open_errors, 1, standings.known_open_errors) over by_load as last_open_errors
    from standings
    window by_load as (partition by standings.org_id, standings.form_code, standings.period order by standings.at_load)
),

final as (
    select
        org_id,
        county_code,
        form_code,
        period,
        at_load,
        lead(at_load) over (partition by org_id, form_code, period order by at_load) as next_load,
        due_on,
        duty,
        review,
        submission,
        submission_id,
        submitted_at,
        open_errors
    from compared
    where
        submission <> last_submission
        or submission_id is distinct from last_submission_id
        or submitted_at is distinct from last_submitted_at
        or open_errors <> last_open_errors
)

select * from final

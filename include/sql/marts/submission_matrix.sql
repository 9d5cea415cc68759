-- Who owes which return, and what has become of it?
-- Grain: one row per owing organisation, form and period.
--
-- The obligation says how things stand now. Where a later load has touched it since, its state as known at the load is
-- taken from the receipts: accepted if one was loaded by then, else not submitted (a held file has no load of its own).
-- Analysts cannot read the schema ops, so this function reads it with its owner's rights.

create or replace function marts.submission_matrix(known_at bigint)
returns table (
    county_code text,
    unit_code text,
    unit_name text,
    form_code text,
    form_title text,
    period text,
    due_on date,
    duty text,
    submission text,
    review text,
    label text,
    submission_id bigint,
    submitted_at timestamptz,
    is_late boolean,
    open_errors bigint
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
with obligations as (
    select obligation.*
    from core.fct_obligation as obligation
),

organisations as (
    select distinct on (org.org_id)
        org.org_id,
        org.place_code,
        org.name
    from core.dim_org as org
    where org.from_load <= known_at and (org.to_load is null or org.to_load > known_at)
    order by org.org_id asc, org.valid_from desc
),

forms as (
    select
        form.form_code,
        form.title
    from core.dim_form as form
),

places as (
    select
        place.place_code,
        place.name
    from marts.places(known_at) as place
),

overruled as (
    select
        receipt.submission_id,
        count(*) as errors
    from ops.submissions as receipt
    inner join ops.findings as finding on receipt.submission_id = finding.submission_id
    where receipt.decision = 'released' and finding.severity = 'critical'
    group by receipt.submission_id
),

receipts as (
    select
        receipt_scope.unit_code,
        receipt_scope.form_code,
        receipt_scope.period,
        receipt_scope.is_zero,
        greatest(receipt_scope.open_errors - coalesce(overruled.errors, 0), 0) as open_errors,
        receipt.submission_id,
        receipt.received_at,
        receipt.load_id
    from ops.submissions as receipt
    inner join ops.submission_scopes as receipt_scope on receipt.submission_id = receipt_scope.submission_id
    left join overruled on receipt.submission_id = overruled.submission_id
    where receipt.load_id is not null
),

changed_since as (
    select distinct
        receipt.unit_code,
        receipt.form_code,
        receipt.period
    from receipts as receipt
    where receipt.load_id > known_at
),

accepted_then as (
    select distinct on (receipt.unit_code, receipt.form_code, receipt.period)
        receipt.unit_code,
        receipt.form_code,
        receipt.period,
        receipt.submission_id,
        receipt.open_errors,
        receipt.is_zero,
        min(receipt.received_at) over (partition by receipt.unit_code, receipt.form_code, receipt.period)
            as submitted_at
    from receipts as receipt
    where receipt.load_id <= known_at
    order by receipt.unit_code asc, receipt.form_code asc, receipt.period asc, receipt.load_id desc
),

states as (
    select
        obligation.org_id,
        org.place_code,
        org.name as org_name,
        obligation.form_code,
        obligation.period,
        obligation.due_on,
        obligation.duty,
        obligation.review,
        case
            when changed.unit_code is null then obligation.submission
            when receipt.is_zero then 'zero'
            when receipt.submission_id is not null then 'accepted'
            else 'none'
        end as submission,
        case when changed.unit_code is null then obligation.submission_id else receipt.submission_id end
            as submission_id,
        case when changed.unit_code is null then obligation.submitted_at else receipt.submitted_at end
            as submitted_at,
        case when changed.unit_code is null then obligation.open_errors else coalesce(receipt.open_errors, 0) end
            as open_errors
    from obligations as obligation
    inner join organisations as org on obligation.org_id = org.org_id
    left join changed_since as changed
        on
            org.place_code = changed.unit_code
            and obligation.form_code = changed.form_code
            and obligation.period = changed.period
    left join accepted_then as receipt
        on
            org.place_code = receipt.unit_code
            and obligation.form_code = receipt.form_code
            and obligation.period = receipt.period
),

final as (
    select
        rpad(left(state.place_code, 6), 12, '0') as county_code,
        state.place_code as unit_code,
        coalesce(place.name, state.org_name) as unit_name,
        state.form_code,
        form.title as form_title,
        state.period,
        state.due_on,
        state.duty,
        state.submission,
        state.review,
        case
            when state.duty = 'not_applicable' then '不适用'
            when state.submission in ('accepted', 'zero') and state.open_errors > 0 then '待改正'
            when state.submission = 'zero' then '零报(已确认)'
            when state.submission = 'accepted' then '已报'
            when state.submission = 'returned' then '待改正'
            when state.submission = 'held' then '暂存待处理'
            when state.submission = 'received' then '正在处理'
            when state.duty = 'extended' then '缓报(已批准)'
            else '未报'
        end as label,
        state.submission_id,
        state.submitted_at,
        cast(state.submitted_at at time zone 'Asia/Shanghai' as date) > state.due_on as is_late,
        cast(state.open_errors as bigint) as open_errors
    from states as state
    left join forms as form on state.form_code = form.form_code
    left join places as place on state.place_code = place.place_code
)

select * from final
$$;

create or replace view marts.submission_matrix as
select duty.* from marts.submission_matrix((select max(ops_load.load_id) from ops.loads as ops_load)) as duty;

comment on view marts.submission_matrix is
'What became of every return that is owed; one row per organisation, form and period.';
comment on function marts.submission_matrix(bigint) is
'As known at a load: What became of every return that is owed; one row per organisation, form and period.';

comment on column marts.submission_matrix.county_code is 'The county (12 digits).';
comment on column marts.submission_matrix.unit_code is 'The place of the organisation that owes (12 digits).';
comment on column marts.submission_matrix.unit_name is 'Its name.';
comment on column marts.submission_matrix.form_code is 'The form, as stewards know it: 基文01.';
comment on column marts.submission_matrix.form_title is 'Its official title.';
comment on column marts.submission_matrix.period is 'Reporting period.';
comment on column marts.submission_matrix.due_on is 'Last day on which it is in time.';
comment on column marts.submission_matrix.duty is 'due, extended (缓报已批准), not_applicable.';
comment on column marts.submission_matrix.submission is
'The latest return: none, received, held, returned, accepted, zero (零报).';
comment on column marts.submission_matrix.review is 'open, town, county, locked.';
comment on column marts.submission_matrix.label is 'How it stands, in Chinese.';
comment on column marts.submission_matrix.submission_id is 'That latest return; null without one.';
comment on column marts.submission_matrix.submitted_at is
'Receipt of the first return that was accepted; null until there is one.';
comment on column marts.submission_matrix.is_late is 'Whether that was after the last day; null until there is one.';
comment on column marts.submission_matrix.open_errors is
'Findings critical, row or error on the latest return, but for those a release overruled.';

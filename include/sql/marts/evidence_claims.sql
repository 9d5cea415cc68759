-- Which evidence do the returns name, and was it put into 佐证?
-- Grain: one row per named evidence number, row and table.
--
-- A file is matched by the number its name begins with, within the county. What was put there after the load is not
-- known at it.

create or replace function marts.evidence_claims(known_at bigint)
returns table (
    county_code text,
    town_code text,
    division_code text,
    table_name text,
    period text,
    row_key text,
    evidence_number text,
    files bigint,
    latest_file text
)
language sql
stable
as $$
with activities as (
    select
        'activity' as table_name,
        report.county_code,
        report.town_code,
        report.division_code,
        report.period,
        report.row_key,
        report.evidence_ids
    from core.fct_activity as report
    where report.from_load <= known_at and (report.to_load is null or report.to_load > known_at)
),

issues as (
    select
        'issue_ledger' as table_name,
        report.county_code,
        report.town_code,
        report.division_code,
        report.period,
        report.row_key,
        report.evidence_ids
    from core.fct_issue_ledger as report
    where report.from_load <= known_at and (report.to_load is null or report.to_load > known_at)
),

standards as (
    select
        'standard_item' as table_name,
        report.county_code,
        report.town_code,
        report.division_code,
        report.period,
        report.row_key,
        report.evidence_ids
    from core.fct_standard_item as report
    where report.from_load <= known_at and (report.to_load is null or report.to_load > known_at)
),

profiles as (
    select
        'village_profile' as table_name,
        report.county_code,
        report.town_code,
        report.division_code,
        report.period,
        report.row_key,
        report.evidence_ids
    from core.fct_village_profile as report
    where report.from_load <= known_at and (report.to_load is null or report.to_load > known_at)
),

reports as (
    select activities.* from activities
    union all
    select issues.* from issues
    union all
    select standards.* from standards
    union all
    select profiles.* from profiles
),

claims as (
    select distinct
        report.county_code,
        report.town_code,
        report.division_code,
        report.table_name,
        report.period,
        report.row_key,
        named.evidence_number
    from reports as report
    cross join lateral regexp_split_to_table(report.evidence_ids, '[\s,;、,;。]+') as named (evidence_number)
    where named.evidence_number <> ''
),

last_load as (
    select ops_load.loaded_at
    from ops.loads as ops_load
    where ops_load.load_id = known_at
),

files as (
    select
        file.county_code,
        file.evidence_number,
        count(*) as files,
        (array_agg(file.path order by file.evidence_id desc))[1] as latest_file
    from ops.evidence as file
    inner join last_load on file.received_at <= last_load.loaded_at
    group by file.county_code, file.evidence_number
),

final as (
    select
        claim.county_code,
        claim.town_code,
        claim.division_code,
        claim.table_name,
        claim.period,
        claim.row_key,
        claim.evidence_number,
        coalesce(file.files, 0) as files,
        file.latest_file
    from claims as claim
    left join files as file
        on claim.county_code = file.county_code and claim.evidence_number = file.evidence_number
)

select * from final
$$;

create or replace view marts.evidence_claims with (security_invoker = true) as
select claim.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.evidence_claims(latest.load_id) as claim;

comment on view marts.evidence_claims is
'Evidence that returns name, and what was put into 佐证 under its number; one row per number, row and table.';
comment on function marts.evidence_claims(bigint) is
'As known at a load: evidence that returns name, and what was put into 佐证 under it; one row per number, row and table.';

comment on column marts.evidence_claims.county_code is 'The county (12 digits).';
comment on column marts.evidence_claims.town_code is
'The town of the row (12 digits); of the county''s own rows the county.';
comment on column marts.evidence_claims.division_code is 'The place the row is about (12 digits).';
comment on column marts.evidence_claims.table_name is
'The form table: activity, issue_ledger, standard_item, village_profile.';
comment on column marts.evidence_claims.period is 'Reporting period.';
comment on column marts.evidence_claims.row_key is 'What tells rows of one unit and period apart.';
comment on column marts.evidence_claims.evidence_number is 'The number as the return names it.';
comment on column marts.evidence_claims.files is
'How many files of that number the county has put into 佐证; 0: none.';
comment on column marts.evidence_claims.latest_file is
'Where the latest of them lay, below the share; null without one.';

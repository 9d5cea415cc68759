-- What did every unit report, cell by cell?
-- Grain: one row per form table, unit, period, row key and field, as known at the load; cells without a value too, with
-- the reason. Filled in from the forms: the branches of the query, observations_of_table.sql once per table.
--
-- Ask with county_code and period: these are indexed. Fields that name persons are left out.
create or replace function marts.observations(known_at bigint)
returns table (
    county_code text,
    town_code text,
    division_code text,
    org_id bigint,
    period text,
    form_code text,
    table_name text,
    row_key text,
    field text,
    value_text text,
    value_number numeric,
    cell_state text,
    submission_id bigint,
    from_load bigint
)
language sql
stable
as $$
:tables -- noqa
$$;

create or replace view marts.observations with (security_invoker = true) as
select observation.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.observations(latest.load_id) as observation;

comment on view marts.observations is
'Every cell of every form, long: one row per form table, unit, period, row key and field.';
comment on function marts.observations(bigint) is
'As known at a load: every cell of every form, long: one row per form table, unit, period, row key and field.';

comment on column marts.observations.county_code is 'The county (12 digits) when the row was loaded.';
comment on column marts.observations.town_code is
'The town (12 digits) when the row was loaded; of the county''s own rows the county.';
comment on column marts.observations.division_code is 'The place of the unit (12 digits) when the row was loaded.';
comment on column marts.observations.org_id is 'The unit the row is about.';
comment on column marts.observations.period is 'Reporting period.';
comment on column marts.observations.form_code is 'The form, as stewards know it: 基文01.';
comment on column marts.observations.table_name is 'Its table.';
comment on column marts.observations.row_key is 'What tells rows of one unit and period apart.';
comment on column marts.observations.field is 'The field; its title and unit are in marts.dictionary_columns.';
comment on column marts.observations.value_text is 'The value as text, numbers, dates and codes too.';
comment on column marts.observations.value_number is 'The value of a count or a measure, in the declared unit.';
comment on column marts.observations.cell_state is
'Why the value is missing or not to be taken as it stands: blank, withheld, contested …; null: as it stands.';
comment on column marts.observations.submission_id is 'The file the value stands in.';
comment on column marts.observations.from_load is 'The load that made the row''s version known.';

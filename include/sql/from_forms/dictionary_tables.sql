-- Which tables and views are there, and what is a row of each?
-- Grain: one row per table or view of core, marts and ops. Filled in: one line per form table, and
-- Chinese titles.
create or replace view marts.dictionary_tables with (security_invoker = true) as
with declared (table_name, title_zh, form_code) as (
    values :declared -- noqa
),

titled (schema_name, table_name, title_zh) as (
    values :titles -- noqa
),

relations as (
    select
        cast(namespace.nspname as text) as schema_name,
        cast(relation.relname as text) as table_name,
        case relation.relkind when 'v' then 'view' else 'table' end as kind,
        regexp_replace(
            pg_catalog.obj_description(relation.oid, 'pg_class'), ' Made from [0-9a-f]{64}\.$', ''
        ) as description
    from pg_catalog.pg_class as relation
    inner join pg_catalog.pg_namespace as namespace on relation.relnamespace = namespace.oid
    where namespace.nspname in ('core', 'marts', 'ops') and relation.relkind in ('r', 'v')
),

final as (
    select
        relation.schema_name,
        relation.table_name,
        relation.kind,
        coalesce(declared.title_zh, titled.title_zh) as title_zh,
        declared.form_code,
        substring(relation.description from '[Oo]ne row per [^.;]*') as grain,
        relation.description
    from relations as relation
    left join titled on relation.schema_name = titled.schema_name and relation.table_name = titled.table_name
    left join declared on relation.schema_name = 'core' and relation.table_name = 'fct_' || declared.table_name
)

select * from final;

comment on view marts.dictionary_tables is
'The data dictionary: one row per table or view of core, marts and ops.';
comment on column marts.dictionary_tables.schema_name is 'core, marts or ops.';
comment on column marts.dictionary_tables.table_name is 'Name of the table or view.';
comment on column marts.dictionary_tables.kind is 'table or view.';
comment on column marts.dictionary_tables.title_zh is 'Chinese title; of form tables the official one.';
comment on column marts.dictionary_tables.form_code is 'The form it belongs to, of form tables: 基文01.';
comment on column marts.dictionary_tables.grain is 'What a row is.';
comment on column marts.dictionary_tables.description is 'What it says.';

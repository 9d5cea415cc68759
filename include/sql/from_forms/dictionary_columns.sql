-- What does every column mean?
-- Grain: one row per column of a table or view of core, marts and ops. Filled in: one line per
-- field of the forms, and Chinese titles. The mart of a form table, which has its name, says the same by the same name.
create or replace view marts.dictionary_columns with (security_invoker = true) as
with declared (table_name, column_name, title_zh, unit, codes) as (
    values :declared -- noqa
),

titled (column_name, title_zh) as (
    values :titles -- noqa
),

attributes as (
    select
        cast(namespace.nspname as text) as schema_name,
        cast(relation.relname as text) as table_name,
        cast(field.attname as text) as column_name,
        row_number() over (partition by relation.oid order by field.attnum) as column_number,
        pg_catalog.format_type(field.atttypid, field.atttypmod) as data_type,
        pg_catalog.col_description(relation.oid, field.attnum) as description
    from pg_catalog.pg_class as relation
    inner join pg_catalog.pg_namespace as namespace on relation.relnamespace = namespace.oid
    inner join pg_catalog.pg_attribute as field on relation.oid = field.attrelid
    where
        namespace.nspname in ('core', 'marts', 'ops')
        and relation.relkind in ('r', 'v')
        and field.attnum > 0
        and not field.attisdropped
),

final as (
    select
        field.schema_name,
        field.table_name,
        field.column_number,
        field.column_name,
        coalesce(declared.title_zh, titled.title_zh) as title_zh,
        declared.unit,
        field.data_type,
        declared.codes,
        field.description
    from attributes as field
    left join titled on field.column_name = titled.column_name
    left join declared
        on
            field.column_name = declared.column_name
            and (
                (field.schema_name = 'core' and field.table_name = 'fct_' || declared.table_name)
                or (field.schema_name = 'marts' and field.table_name = declared.table_name)
            )
)

select * from final;

comment on view marts.dictionary_columns is
'The data dictionary: one row per column of a table or view of core, marts and ops.';
comment on column marts.dictionary_columns.schema_name is 'core, marts or ops.';
comment on column marts.dictionary_columns.table_name is 'Name of the table or view.';
comment on column marts.dictionary_columns.column_number is 'Its place among the columns: 1, 2, 3 …';
comment on column marts.dictionary_columns.column_name is 'Name of the column.';
comment on column marts.dictionary_columns.title_zh is 'Chinese heading; of the fields of forms the official one.';
comment on column marts.dictionary_columns.unit is 'Unit of measure, of the fields of forms.';
comment on column marts.dictionary_columns.data_type is 'Type, as PostgreSQL names it.';
comment on column marts.dictionary_columns.codes is 'Codes and their Chinese titles, of fields with choices.';
comment on column marts.dictionary_columns.description is 'What it says.';

-- What may analysts read of facts, dimensions and marts, and what is it called?
-- Grain: one row per column, in its order, of every table (or view of one) in core and of every mart that is a function
-- of one load.

with relations as (
    select
        relation.oid,
        space.nspname as schema_name,
        relation.relname as relation_name
    from pg_catalog.pg_class as relation
    inner join pg_catalog.pg_namespace as space on relation.relnamespace = space.oid
    where
        (space.nspname = 'core' and relation.relkind in ('r', 'v'))
        or (
            space.nspname = 'marts' and exists (
                select 1
                from pg_catalog.pg_proc as made
                where
                    made.pronamespace = space.oid
                    and made.proname = relation.relname
                    and made.proretset
                    and made.proargtypes = cast('20' as oidvector)
            )
        )
),

final as (
    select
        relation.schema_name,
        relation.relation_name,
        pg_catalog.obj_description(relation.oid, 'pg_class') as relation_comment,
        field.attname as column_name,
        pg_catalog.format_type(field.atttypid, null) as type_name,
        pg_catalog.col_description(relation.oid, field.attnum) as column_comment
    from relations as relation
    inner join pg_catalog.pg_attribute as field on relation.oid = field.attrelid
    where
        field.attnum > 0
        and not field.attisdropped
        and pg_catalog.has_column_privilege('wentong_analyst', relation.oid, field.attnum, 'select')
    order by relation.schema_name, relation.relation_name, field.attnum
)

select * from final

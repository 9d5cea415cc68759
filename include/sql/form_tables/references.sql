-- Rows of a form table name a unit, a period, loads and a file that there are. Its foreign keys say so, but checked
-- row by row they take longer than the rows do: this trigger checks all rows of a statement at once, in their name.
-- Grain: one function for all form tables, two triggers for one. Filled in: the table :facts.
create or replace function core.refuse_unknown_references() returns trigger
language plpgsql
as $$
declare
    refused record;
begin
    execute -- planned anew each time: it may be one row or a nation's
        'select
            to_jsonb(written) as stated,
            case
                when org.org_id is null then ''org_id''
                when calendar.period is null then ''period''
                when beginning.load_id is null then ''from_load''
                when source.load_id is null then ''submission_id''
                else ''to_load''
            end as name
        from written
        left join core.orgs as org on written.org_id = org.org_id
        left join core.dim_period as calendar on written.period = calendar.period
        left join ops.loads as beginning on written.from_load = beginning.load_id
        left join ops.loads as source on written.submission_id = source.submission_id
        left join ops.loads as ending on written.to_load = ending.load_id
        where
            org.org_id is null
            or calendar.period is null
            or beginning.load_id is null
            or source.load_id is null
            or (written.to_load is not null and ending.load_id is null)
        limit 1'
    into refused;
    if refused.name is not null then
        raise foreign_key_violation using
            schema = tg_table_schema,
            table = tg_table_name,
            constraint = format('%s_%s_fk', tg_table_name, refused.name),
            message = format(
                'insert or update on table "%s" violates foreign key constraint "%s_%s_fk"',
                tg_table_name, tg_table_name, refused.name
            ),
            detail = format('There is no %s %s.', refused.name, refused.stated ->> refused.name);
    end if;
    return null;
end
$$;

create or replace trigger inserted_references after insert on :facts
referencing new table as written
for each statement execute function core.refuse_unknown_references();

create or replace trigger updated_references after update on :facts
referencing new table as written
for each statement execute function core.refuse_unknown_references()

-- What a batch of loads touched, which rows are therefore looked at again, and what is found about them.
-- touched: one row per table, county and period of which rows changed. relation_scopes: one row per table, county and
-- period to be looked at. found_relations: one row per row (or list of rows), field and type of finding.
create temporary table touched (
    table_name text not null,
    county_code text not null,
    period text not null
) on commit drop;

create temporary table relation_scopes (
    form_code text not null,
    table_name text not null,
    county_code text not null,
    period text not null,
    primary key (table_name, county_code, period)
) on commit drop;

create temporary table found_relations (
    form_code text not null,
    table_name text not null,
    period text not null,
    org_id bigint not null,
    row_key text not null,
    field text not null,
    code text not null,
    town_code text not null,
    county_code text not null,
    submission_id bigint not null,
    sheet text not null,
    row_number integer,
    since bigint not null,
    params jsonb not null,
    waiver_id bigint
) on commit drop

-- What tables are compared with, for as long as the audit lasts.
-- archive_receipts: one row per receipt in the journal. archive_rows: one row per row of a judged file, and one with
-- status `file` for each file that could be read. figures_again: what figures.sql says, counted today, of the load of
-- the last audit that passed.
create temporary table archive_receipts (
    submission_id bigint primary key,
    journal_seq bigint not null,
    sha256 text not null
) on commit drop;

create temporary table archive_rows (
    submission_id bigint not null,
    table_name text,
    sheet text,
    row_number integer,
    status text not null,
    division_code text,
    town_code text,
    row_key text
) on commit drop;

create temporary table figures_again (
    table_name text not null,
    period text not null,
    row_count bigint not null,
    filled jsonb not null
) on commit drop

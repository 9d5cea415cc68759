-- What did loads begin and end in each table? The SHA-256 of that.
-- Grain: one row per table and load that did. The rows as text, in order of that text.
-- Filled in: the :lines of all tables and of the loads that are asked for (table_name, load_id, line).
select
    table_name,
    load_id,
    encode(sha256(convert_to(string_agg(line, E'\n' order by line), 'UTF8')), 'hex') as digest
from (:lines) as lines -- noqa: AL05, RF04
group by table_name, load_id

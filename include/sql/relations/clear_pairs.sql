-- The next table begins anew.
drop table if exists pairs

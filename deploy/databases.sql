-- The roles and databases of one PostgreSQL server, for the embedded server and for docker-compose alike.
-- Run by psql as superuser; passwords come from the environment. Can be run again: it then only renews passwords.
\set ON_ERROR_STOP on
\getenv airflow_password WENTONG_DB_PASSWORD_AIRFLOW
\getenv wentong_owner_password WENTONG_DB_PASSWORD_OWNER
\getenv wentong_etl_password WENTONG_DB_PASSWORD_ETL
\getenv wentong_analyst_password WENTONG_DB_PASSWORD_ANALYST

select format('create role %I', role_name)
from unnest(array['airflow', 'wentong_owner', 'wentong_etl', 'wentong_analyst', 'wentong_county_analyst']) as wanted (role_name)
where not exists (select 1 from pg_roles where rolname = role_name)
\gexec

alter role airflow login nosuperuser nocreatedb nocreaterole password :'airflow_password';
-- A scheduler killed in the middle of a transaction leaves its connection to the workers it forked, and with it its locks:
-- what it was about to start would never start.
alter role airflow set idle_in_transaction_session_timeout = '60s';
alter role wentong_owner login nosuperuser nocreatedb createrole password :'wentong_owner_password';
alter role wentong_etl login nosuperuser nocreatedb nocreaterole password :'wentong_etl_password';
alter role wentong_analyst login nosuperuser nocreatedb nocreaterole password :'wentong_analyst_password';
alter role wentong_analyst set default_transaction_read_only = on;

-- Accounts of analysts are members of one of two roles: wentong_analyst reads all counties, wentong_county_analyst its own.
-- `wentong grant` makes them as wentong_owner, which may make roles, give away these two, and alter no others. Nobody takes
-- the name of a role he is a member of: what he may read follows from his own. Whoever loads may ask like an analyst.
alter role wentong_county_analyst nologin nosuperuser nocreatedb nocreaterole;
grant wentong_analyst to wentong_county_analyst with inherit true, set false;
grant wentong_analyst, wentong_county_analyst to wentong_owner with admin true, inherit false, set true;
grant wentong_analyst to wentong_etl with inherit false, set true;

select format('create database %I owner %I', database_name, owner_name)
from (values ('airflow', 'airflow'), ('wentong', 'wentong_owner')) as wanted (database_name, owner_name)
where not exists (select 1 from pg_database where datname = database_name)
\gexec

revoke connect, temporary on database postgres, airflow, wentong from public;
grant connect, temporary on database airflow to airflow;
grant connect, temporary on database wentong to wentong_owner, wentong_etl;
revoke temporary on database wentong from wentong_analyst;
grant connect on database wentong to wentong_analyst;

-- What everybody may do in a new database, and analysts shall not: make large objects, and take locks that loads wait for.
\connect wentong
select format('revoke execute on function %s from public', oid::regprocedure)
from pg_proc
where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(lo_|pg_(try_)?advisory_)'
\gexec
select format('grant execute on function %s to wentong_owner, wentong_etl', oid::regprocedure)
from pg_proc
where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^pg_(try_)?advisory_'
\gexec

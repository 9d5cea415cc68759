-- The roles and databases of one PostgreSQL server, for the embedded server and for docker-compose alike.
-- Run by psql as superuser; passwords come from the environment. Can be run again: it then only renews passwords.
\set ON_ERROR_STOP on
\getenv airflow_password WENTONG_DB_PASSWORD_AIRFLOW
\getenv wentong_owner_password WENTONG_DB_PASSWORD_OWNER
\getenv wentong_etl_password WENTONG_DB_PASSWORD_ETL
\getenv wentong_analyst_password WENTONG_DB_PASSWORD_ANALYST

select format('create role %I', role_name)
from unnest(array['airflow', 'wentong_owner', 'wentong_etl', 'wentong_analyst']) as wanted (role_name)
where not exists (select 1 from pg_roles where rolname = role_name)
\gexec

alter role airflow login nosuperuser nocreatedb nocreaterole password :'airflow_password';
-- A scheduler killed in the middle of a transaction leaves its connection to the workers it forked, and with it its locks:
-- what it was about to start would never start.
alter role airflow set idle_in_transaction_session_timeout = '60s';
alter role wentong_owner login nosuperuser nocreatedb nocreaterole password :'wentong_owner_password';
alter role wentong_etl login nosuperuser nocreatedb nocreaterole password :'wentong_etl_password';
alter role wentong_analyst login nosuperuser nocreatedb nocreaterole password :'wentong_analyst_password';

select format('create database %I owner %I', database_name, owner_name)
from (values ('airflow', 'airflow'), ('wentong', 'wentong_owner')) as wanted (database_name, owner_name)
where not exists (select 1 from pg_database where datname = database_name)
\gexec

revoke connect, temporary on database postgres, airflow, wentong from public;
grant connect, temporary on database airflow to airflow;
grant connect, temporary on database wentong to wentong_owner, wentong_etl, wentong_analyst;

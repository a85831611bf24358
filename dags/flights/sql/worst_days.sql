-- The five days with the longest mean delay. A task of the kind sql: its rows are its output, and
-- reach the report in the environment.
select strftime(make_date(2013, month::int, day::int), '%Y-%m-%d') as day,
       count(*)                                                   as flights,
       avg(dep_delay)                                             as mean_dep_delay,
       avg(cancelled::int)                                        as cancelled_share
from read_parquet('../../var/flights/runs/{{ run.id }}/flights/*/*.parquet', hive_partitioning = true)
group by month, day
order by mean_dep_delay desc
limit 5;

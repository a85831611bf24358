-- One row an hour of scheduled departure, on New York's clock.
copy (
    select hour,
           count(*)                                      as flights,
           avg(dep_delay)                                as mean_dep_delay,
           quantile_cont(dep_delay, 0.9)                 as p90_dep_delay,
           avg((dep_delay >= getvariable('late_after'))::int)                   as late_share,
           avg(cancelled::int)                           as cancelled_share
    from read_parquet('flights/*/*.parquet', hive_partitioning = true)
    group by hour
    order by hour
) to 'by_hour.parquet' (format parquet);

select hour, flights, round(mean_dep_delay, 1) as mean_dep_delay from 'by_hour.parquet';

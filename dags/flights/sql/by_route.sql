-- One row a route (origin and destination), in minutes as in by_carrier.sql.
copy (
    select origin, dest, a.name as dest_name,
           count(*)                       as flights,
           any_value(distance)            as miles,
           avg(dep_delay)                 as mean_dep_delay,
           avg(arr_delay)                 as mean_arr_delay,
           avg((dep_delay >= getvariable('late_after'))::int)    as late_share,
           avg(cancelled::int)            as cancelled_share
    from read_parquet('flights/*/*.parquet', hive_partitioning = true)
    left join read_csv('raw/airports.csv', nullstr = 'NA') as a on dest = a.faa
    group by origin, dest, a.name
    order by flights desc
) to 'by_route.parquet' (format parquet);

select count(*) as routes, sum(flights) as flights from 'by_route.parquet';

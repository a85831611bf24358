-- One row a carrier. Delays are in minutes and of the flights that left (or arrived); an early
-- departure counts below 0. "late" is late_after minutes and more: 15 in the airlines' statistics.
copy (
    select carrier, name,
           count(*)                                                as flights,
           avg(dep_delay)                                          as mean_dep_delay,
           median(dep_delay)                                       as median_dep_delay,
           avg(arr_delay)                                          as mean_arr_delay,
           avg((dep_delay >= getvariable('late_after'))::int)                             as late_share,
           avg(cancelled::int)                                     as cancelled_share
    from read_parquet('flights/*/*.parquet', hive_partitioning = true)
    join read_csv('raw/airlines.csv') using (carrier)
    group by carrier, name
    order by mean_dep_delay desc
) to 'by_carrier.parquet' (format parquet);

select carrier, flights, round(mean_dep_delay, 1) as mean_dep_delay from 'by_carrier.parquet';

-- Flights as Parquet, one folder a month, sorted as they are read.
create temp table flights as
select month, day, time_hour, hour, carrier, flight, tailnum, origin, dest, distance, air_time,
       dep_delay, arr_delay,
       dep_time is null                           as cancelled,
       dep_time is not null and arr_delay is null as diverted  -- or its arrival is not known
from read_csv('raw/flights.csv', nullstr = 'NA')
order by month, time_hour, carrier, flight;

copy flights to 'flights' (format parquet, partition_by (month));

-- The copy is read back: a row lost on the way fails here and not in a summary.
create temp table verdict as
select error(format('flights: {} rows written, {} read back', wanted, found))
from (select count(*) as found from 'flights/*/*.parquet'),
     (select count(*) as wanted from flights)
where found <> wanted;

select month, count(*) as flights, count(*) filter (cancelled) as cancelled
from read_parquet('flights/*/*.parquet', hive_partitioning = true)
group by month
order by month;

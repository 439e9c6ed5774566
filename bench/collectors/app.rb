# A descriptor a cycle, that nobody closes: kept, or left to the collector.
$stdout.sync = true
kept = []
(1..).each do |n|
  file = File.open('/dev/null')
  kept << file if ARGV[0] == 'leaky'
  garbage = 'x' * 300_000
  puts "cycle #{n} #{garbage.size}"
  sleep 0.02
end

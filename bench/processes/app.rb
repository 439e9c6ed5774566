# Fifty turns a second: garbage, a cache with a bound and, of the leaky one, so many bytes that are kept.
leak = ARGV[0].to_i
kept = []
cache = {}
loop do
  20.times do |i|
    garbage = 'x' * (500 + rand(20_000))
    cache[rand(1000)] = garbage if i.zero?
  end
  kept << 'y' * leak if leak.positive?
  sleep 0.02
end

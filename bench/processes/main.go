// Fifty turns a second: garbage, a cache with a bound and, of the leaky one, so many bytes that are kept.
package main

import (
	"math/rand"
	"os"
	"strconv"
	"time"
)

var kept [][]byte
var cache = map[int][]byte{}

func written(size int) []byte {
	bytes := make([]byte, size)
	for i := range bytes {
		bytes[i] = 1
	}
	return bytes
}

func main() {
	leak, _ := strconv.Atoi(os.Args[1])
	for {
		for i := 0; i < 20; i++ {
			garbage := written(500 + rand.Intn(20000))
			if i == 0 {
				cache[rand.Intn(1000)] = garbage
			}
		}
		if leak > 0 {
			kept = append(kept, written(leak))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

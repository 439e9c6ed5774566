// A descriptor a cycle, that nobody closes: kept, or left to the collector.
package main

import (
	"fmt"
	"os"
	"time"
)

var kept []*os.File
var garbage []byte

func main() {
	for n := 1; ; n++ {
		file, err := os.Open("/dev/null")
		if err != nil {
			panic(err)
		}
		if os.Args[1] == "leaky" {
			kept = append(kept, file)
		}
		garbage = make([]byte, 3000)
		fmt.Println("cycle", n, len(garbage))
		time.Sleep(20 * time.Millisecond)
	}
}

//go:build !js

// Command lqswasm runs in a browser only; see main_js.go.
package main

import "fmt"

func main() { fmt.Println("lqswasm runs in a browser: build it with GOOS=js GOARCH=wasm") }

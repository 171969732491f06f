// Reads deliveries from the standard input, one JSON object a line, and parses each with Buildkite's own client.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/buildkite/go-buildkite/v4"
)

type delivery struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func main() {
	secret := []byte(os.Args[1])
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var sent delivery
		if err := json.Unmarshal(lines.Bytes(), &sent); err != nil {
			panic(err)
		}
		request, _ := http.NewRequest("POST", "http://receiver.test", bytes.NewReader([]byte(sent.Body)))
		for name, value := range sent.Headers {
			request.Header.Set(name, value)
		}
		body, err := buildkite.ValidatePayload(request, secret)
		if err != nil {
			fmt.Println("refused:", err)
			continue
		}
		event, err := buildkite.ParseWebHook(buildkite.WebHookType(request), body)
		if err != nil {
			fmt.Println("unreadable:", err)
			continue
		}
		fmt.Printf("%T\n", event)
	}
}

// Package copr waits for builds.
package copr

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Wait polls a build until it has ended, and returns its state.
func Wait(url string, build int, pause time.Duration) (string, error) {
	for {
		state, err := state(url, build)
		if err != nil {
			return "", err
		}
		switch state {
		case "succeeded", "failed", "canceled", "skipped", "forked":
			return state, nil
		}
		time.Sleep(pause)
	}
}

func state(url string, build int) (string, error) {
	response, err := http.Get(fmt.Sprintf("%s/api_3/build/%d", url, build))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("Copr responded with %s", response.Status)
	}
	var body struct{ State string }
	err = json.NewDecoder(response.Body).Decode(&body)
	return body.State, err
}

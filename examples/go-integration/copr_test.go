package copr

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var server string

func TestMain(m *testing.M) {
	command := exec.Command("copr-chroot-fake", "serve", "--port", "0", "--progress", "poll")
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		panic(err)
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	server = strings.TrimSpace(strings.TrimPrefix(line, "Copr fake: "))
	status := m.Run()
	command.Process.Kill()
	os.Exit(status)
}

// control creates the test's world with its first call.
func control(t *testing.T, path, body string) {
	t.Helper()
	response, err := http.Post(world(t)+"/_fake/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		t.Fatal(path, response.Status)
	}
}

func world(t *testing.T) string {
	return server + "/worlds/" + t.Name()
}

func TestWaitsForTheEnd(t *testing.T) {
	control(t, "builds", `{"id": 7, "lifecycle": "fails", "chroots": ["fedora-43-x86_64"]}`)
	if state, err := Wait(world(t), 7, 0); state != "failed" || err != nil {
		t.Fatal(state, err)
	}
}

func TestOutageIsAnError(t *testing.T) {
	control(t, "faults", `"outage"`)
	if _, err := Wait(world(t), 1, 0); err == nil {
		t.Fatal("there is no error")
	}
}

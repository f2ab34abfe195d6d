package sandbox_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"turnup/internal/external/genieacs/sandbox"
)

const (
	cpe  = "202BC1-BM632w-000000"
	base = "/devices/" + cpe
	set  = `{"name":"setParameterValues","parameterValues":[["Device.PPP.Interface.1.Enable",true,"xsd:boolean"],["Device.PPP.Interface.1.Username","cust1","xsd:string"],["Device.PPP.Interface.1.Password","hidden-4711","xsd:string"]]}`
)

type nbi struct {
	*testing.T
	*sandbox.Server
	url string
}

func start(t *testing.T) *nbi {
	s := sandbox.New(sandbox.Options{Devices: []sandbox.Device{{ID: cpe}}, Takes: 5 * time.Millisecond, Crash: 20 * time.Millisecond})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return &nbi{t, s, "http://" + l.Addr().String()}
}

// want calls and checks the status line, or that no answer comes when that is empty. The body may be a pattern.
func (n *nbi) want(method, path, body, status, pattern string) (string, http.Header) {
	n.Helper()
	r, err := http.NewRequest(method, n.url+path, strings.NewReader(body))
	if err != nil {
		n.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		if status != "" {
			n.Fatal(err)
		}
		return "", nil
	}
	defer a.Body.Close()
	text, _ := io.ReadAll(a.Body)
	if a.Status != status || !regexp.MustCompile(pattern).Match(text) {
		n.Fatalf("%s %s: %q %s, not %q %s", method, path, a.Status, text, status, pattern)
	}
	return string(text), a.Header
}

func query(q string) string { return "?query=" + url.QueryEscape(q) }

func id(body string) string {
	var t struct {
		ID string `json:"_id"`
	}
	_ = json.Unmarshal([]byte(body), &t)
	return t.ID
}

// S3-137: the calls answer as they were captured from GenieACS 1.3.0-dev, with the three kinds of 202.
func TestAsCaptured(t *testing.T) {
	n := start(t)
	_, header := n.want("GET", "/devices/"+query(`{"_id":"`+cpe+`"}`)+"&projection=_tags,Device.DeviceInfo.SoftwareVersion", "", "200 OK",
		`^\[\{"Device":\{"DeviceInfo":\{"SoftwareVersion":\{"_object":false,"_timestamp":"[^"]+","_type":"xsd:string","_value":"1.0.0","_writable":false\}\}\},"_id":"`+cpe+`"\}\]$`)
	if header.Get("total") != "1" {
		t.Error(header)
	}
	n.want("GET", "/devices/"+query(`{"_id":"x"}`), "", "200 OK", `^\[\]$`)
	n.want("GET", "/devices/"+query(`{"Device.DeviceInfo.SoftwareVersion":"1.0.0"}`), "", "200 OK", `_lastInform.*_registered`)
	n.want("GET", "/devices/"+query(`{"_id":{"$regex":"x"}}`), "", "501 Not Implemented", "")
	n.want("GET", "/tasks/"+query(`{"_id":"x"}`), "", "", "")

	body, _ := n.want("POST", base+"/tasks", set, "202 Accepted", `"_id":"[0-9a-f]{24}".*"device":"`+cpe+`"`)
	n.want("GET", "/tasks/"+query(`{"device":"`+cpe+`","name":"setParameterValues"}`), "", "200 OK", id(body))
	n.want("DELETE", "/tasks/"+id(body), "", "200 OK", "")
	n.want("DELETE", "/tasks/"+id(body), "", "404 Not Found", "Task not found")
	n.want("POST", base+"/tasks?connection_request&timeout=3000", set, "200 OK", `"name":"setParameterValues"`)
	n.want("GET", "/devices/?projection=Device.PPP.Interface.1.Password", "", "200 OK", `"_value":""`)
	n.want("POST", base+"/tasks?connection_request", "", "200 OK", "")
	n.want("POST", "/devices/x/tasks?connection_request", "", "404 Not Found", "No such device")
	n.want("POST", "/devices/x/tasks", set, "404 Not Found", "No such device")
	n.want("POST", base+"/tasks", `{"name":"explode"}`, "", "")
	n.want("POST", base+"/tasks", `{`, "400 Bad Request", "SyntaxError")
	n.want("POST", base+"/tasks", `{"name":"getParameterValues"}`, "500 Internal Server Error", "parameterNames")

	n.want("POST", base+"/tags/gold", "", "200 OK", "")
	n.want("GET", "/devices/"+query(`{"_tags":"gold"}`), "", "200 OK", `"_tags":\["gold"\]`)
	n.want("DELETE", base+"/tags/gold", "", "200 OK", "")
	n.want("PUT", "/presets/p", `{}`, "200 OK", "^$")
	n.want("PUT", "/provisions/p", `log("x")`, "200 OK", "^$")
	n.want("PUT", "/files/fw.bin", "x", "201 Created", "")
	n.want("GET", "/files/", "", "200 OK", `"_id":"fw.bin"`)
	n.want("DELETE", "/files/fw.bin", "", "200 OK", "")
	n.want("GET", "/ping/192.0.2.1", "", "500 Internal Server Error", "")
	n.want("GET", "/nothing/", "", "404 Not Found", "")
	n.want("DELETE", base, "", "200 OK", "")
	n.want("GET", "/devices/", "", "200 OK", `^\[\]$`)
}

// S3-125, S3-98: what makes a task wait is told by the reason phrase, and by the records of tasks and faults.
func TestNotDone(t *testing.T) {
	n := start(t)
	const send = base + "/tasks?connection_request&timeout=3000"
	patch := func(modes string) {
		n.want("PATCH", "/_sandbox/devices/"+cpe, modes, "204 No Content", "")
	}
	patch(`{"noReboot":true}`)
	body, _ := n.want("POST", send, `{"name":"reboot"}`, "202 Task faulted", `"name":"reboot"`)
	fault := "/faults/" + query(`{"_id":"`+cpe+":task_"+id(body)+`"}`)
	n.want("GET", fault, "", "200 OK", `"code":"cwmp.9000".*"detail":\{"faultCode":"9000","faultString":"Method not supported","setParameterValuesFault":null\}.*"message":"Method not supported"`)
	n.want("POST", "/tasks/"+id(body)+"/retry", "", "200 OK", "")
	n.want("GET", fault, "", "200 OK", `^\[\]$`)
	n.want("POST", "/_sandbox/devices/"+cpe+"/inform", "", "204 No Content", "")
	n.want("DELETE", "/faults/"+cpe+":task_"+id(body), "", "200 OK", "")
	n.want("GET", "/tasks/", "", "200 OK", `^\[\]$`)

	patch(`{"offline":true}`)
	n.want("POST", send, set, "202 Device is offline", "")
	n.want("POST", base+"/tasks?connection_request", "", "504 Device is offline", "Device is offline")
	n.want("POST", "/_sandbox/devices/"+cpe+"/inform", "", "404 Not Found", "")
	patch(`{"offline":false,"inSession":true}`)
	body, _ = n.want("POST", send, set, "202 Task queued but not processed", "")
	n.want("DELETE", "/tasks/"+id(body), "", "503 Service Unavailable", "Device is in session")
	patch(`{"inSession":false,"lies":true}`)
	n.want("POST", send, set, "202 Task queued but not processed", "")
	if state := n.State(); len(state.Tasks) != 3 || state.Devices[0].Username != "" {
		t.Error(state)
	}
	n.want("POST", "/_sandbox/devices/"+cpe+"/inform", "", "204 No Content", "")
	if state := n.State(); len(state.Tasks) != 0 || state.Devices[0].Username != "cust1" || state.Devices[0].Changes != 1 {
		t.Error(state)
	}
}

func TestControl(t *testing.T) {
	n := start(t)
	n.want("PUT", "/_sandbox/devices", `[{"id":"00259E-EG8145V5-000001","root":"InternetGatewayDevice","lacks":["InternetGatewayDevice.IPPingDiagnostics"]}]`, "204 No Content", "")
	for path, body := range map[string]string{
		"PUT devices": `[{"id":"short"}]`, "PUT faults": `[{"mode":"explode"}]`, "PATCH devices/" + cpe: `{"offlin":true}`,
	} {
		method, rest, _ := strings.Cut(path, " ")
		n.want(method, "/_sandbox/"+rest, body, "400 Bad Request", "")
	}
	n.want("PATCH", "/_sandbox/devices/x", `{}`, "404 Not Found", "no such device")
	n.want("PUT", "/_sandbox/faults", `[{"mode":"fail","match":"GET /devices","times":1},{"mode":"lose","match":"setParameterValues","device":"`+cpe+`"}]`, "204 No Content", "")
	n.want("GET", "/devices/", "", "500 Internal Server Error", "")
	n.want("GET", "/devices/", "", "200 OK", "")
	n.want("POST", base+"/tasks", set, "", "")
	n.want("DELETE", "/_sandbox/faults", "", "204 No Content", "")
	n.want("POST", base+"/tasks", set, "202 Accepted", "")
	state, _ := n.want("GET", "/_sandbox/state", "", "200 OK", `Device.PPP.Interface.1.Password`) // the parameter's name
	requests, _ := n.want("GET", "/_sandbox/requests", "", "200 OK", `"task":"setParameterValues","status":0,"fault":"lose"`)
	if strings.Contains(state+requests, "hidden-4711") || strings.Count(state, `"name":"setParameterValues"`) != 2 {
		t.Error(state, requests)
	}
	n.want("DELETE", "/_sandbox/state", "", "204 No Content", "")
	if state := n.State(); len(state.Devices) != 1 || len(state.Tasks) != 0 || len(n.Requests()) != 0 {
		t.Error(state)
	}
}

func TestLoopbackOnly(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	defer s.Close()
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	if s.Serve(l) == nil {
		t.Error("it serves everybody")
	}
}

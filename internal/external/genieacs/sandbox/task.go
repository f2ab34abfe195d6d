package sandbox

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// task is what waits for a router.
type task struct {
	id, device, name string
	raw              map[string]any // as it was posted, with what GenieACS adds
}

// taskNames are those GenieACS knows; at any other its worker crashes.
var taskNames = []string{"setParameterValues", "getParameterValues", "refreshObject", "reboot", "factoryReset", "download", "addObject", "deleteObject"}

// objectIDs are MongoDB's. The first four bytes are the second they were made in.
var objectIDs = regexp.MustCompile(`^[0-9a-f]{24}$`)

func objectID() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	binary.BigEndian.PutUint32(b[:], uint32(time.Now().Unix()))
	return hex.EncodeToString(b[:])
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func newTask(device string, raw map[string]any) (*task, error) {
	t := &task{id: objectID(), device: device, raw: raw}
	t.name, _ = raw["name"].(string)
	switch {
	case t.name == "getParameterValues" && len(t.names()) == 0:
		return nil, errors.New("missing 'parameterNames' property")
	case t.name == "setParameterValues" && len(t.values()) == 0:
		return nil, errors.New("missing 'parameterValues' property")
	case t.name == "download" && raw["file"] == nil:
		return nil, errors.New("missing 'fileType' property")
	}
	raw["_id"], raw["device"], raw["timestamp"] = t.id, device, stamp(time.Now())
	return t, nil
}

func (t *task) names() (all []string) {
	if object, ok := t.raw["objectName"].(string); ok {
		return []string{object}
	}
	list, _ := t.raw["parameterNames"].([]any)
	for _, v := range list {
		if name, ok := v.(string); ok {
			all = append(all, name)
		}
	}
	return all
}

type assignment struct {
	path  string
	value any
}

func (t *task) values() (all []assignment) {
	list, _ := t.raw["parameterValues"].([]any)
	for _, v := range list {
		if parts, ok := v.([]any); ok && len(parts) >= 2 {
			path, _ := parts[0].(string)
			all = append(all, assignment{path, parts[1]})
		}
	}
	return all
}

// paths are the parameters a task is about, without their values.
func (t *task) paths() []string {
	all := t.names()
	for _, v := range t.values() {
		all = append(all, v.path)
	}
	return all
}

// refusal is a fault as the server keeps it.
type refusal struct {
	task   *task
	record map[string]any
}

func channel(t *task) string { return t.device + ":task_" + t.id }

func (s *Server) refusal(t *task) *refusal {
	for _, r := range s.refusals {
		if r.task == t {
			return r
		}
	}
	return nil
}

func (s *Server) refuse(t *task, f cwmpFault) {
	if f.text == "" {
		f.text = faultStrings[f.code]
	}
	var params []map[string]string
	for _, path := range f.params {
		params = append(params, map[string]string{"parameterName": path, "faultCode": "9007", "faultString": faultStrings["9007"]})
	}
	s.refusals = append(s.refusals, &refusal{t, map[string]any{
		"_id": channel(t), "device": t.device, "channel": "task_" + t.id, "timestamp": stamp(time.Now()),
		"code": "cwmp." + f.code, "message": f.text, "retries": 0, "provisions": `[["` + t.name + `"]]`,
		"detail": map[string]any{"faultCode": f.code, "faultString": f.text, "setParameterValuesFault": params},
	}})
}

// forget removes a task and its fault.
func (s *Server) forget(channelOf string) {
	s.tasks = slices.DeleteFunc(s.tasks, func(t *task) bool { return channel(t) == channelOf })
	s.refusals = slices.DeleteFunc(s.refusals, func(r *refusal) bool { return channel(r.task) == channelOf })
}

// taskCall serves /tasks/ID and /tasks/ID/retry.
func (s *Server) taskCall(c *call) *answer {
	if !objectIDs.MatchString(c.path[1]) {
		return nil // the worker crashes
	}
	at := slices.IndexFunc(s.tasks, func(t *task) bool { return t.id == c.path[1] })
	if at < 0 {
		return text(http.StatusNotFound, "Task not found")
	}
	t := s.tasks[at]
	if d := s.devices[t.device]; d != nil && d.InSession {
		return text(http.StatusServiceUnavailable, "Device is in session")
	}
	switch {
	case len(c.path) == 2 && c.method == http.MethodDelete:
		s.forget(channel(t))
	case len(c.path) == 3 && c.path[2] == "retry" && c.method == http.MethodPost:
		s.refusals = slices.DeleteFunc(s.refusals, func(r *refusal) bool { return r.task == t })
	default:
		return text(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	}
	return text(http.StatusOK, "")
}

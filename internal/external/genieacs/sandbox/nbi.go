package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// file is firmware, without its content.
type file struct {
	Type     string `json:"fileType,omitempty"`
	OUI      string `json:"oui,omitempty"`
	Class    string `json:"productClass,omitempty"`
	Version  string `json:"version,omitempty"`
	length   int
	uploaded time.Time
}

// answer carries a call out; nil is that the worker crashed over it.
func (s *Server) answer(c *call) *answer {
	if len(c.path) >= 3 && c.path[0] == "devices" && c.path[2] == "tasks" {
		return s.deviceTasks(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch collection := c.path[0]; {
	case len(c.path) == 1 && c.method == http.MethodGet:
		return s.find(c, collection)
	case len(c.path) == 4 && collection == "devices" && c.path[2] == "tags":
		return s.tag(c)
	case len(c.path) == 2 && collection == "devices" && c.method == http.MethodDelete:
		s.remove(c.path[1])
		return text(http.StatusOK, "")
	case len(c.path) >= 2 && collection == "tasks":
		return s.taskCall(c)
	case len(c.path) == 2 && collection == "faults" && c.method == http.MethodDelete:
		s.forget(c.path[1])
		return text(http.StatusOK, "")
	case len(c.path) == 2 && collection == "files":
		return s.file(c)
	case len(c.path) == 2 && (collection == "presets" || collection == "provisions"):
		return s.script(c)
	case len(c.path) == 2 && collection == "ping":
		return text(http.StatusInternalServerError, "Error: spawn ping ENOENT") // as where ping is not installed
	}
	return text(http.StatusNotFound, "404 Not Found")
}

// deviceTasks serves POST /devices/D/tasks.
func (s *Server) deviceTasks(c *call) *answer {
	id, connects := c.path[1], c.query.Has("connection_request")
	switch {
	case c.method != http.MethodPost:
		return text(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	case len(c.body) == 0 && !connects:
		return text(http.StatusBadRequest, "")
	case len(c.body) == 0:
		return s.wake(id)
	}
	var raw map[string]any
	if err := json.Unmarshal(c.body, &raw); err != nil {
		return text(http.StatusBadRequest, "SyntaxError: "+err.Error())
	}
	s.mu.Lock()
	d := s.devices[id]
	s.mu.Unlock()
	if d == nil {
		return text(http.StatusNotFound, "No such device")
	}
	if !slices.Contains(taskNames, c.task) {
		s.sleep(c.ctx, s.o.Crash)
		return nil
	}
	t, err := newTask(id, raw)
	if err != nil {
		return text(http.StatusInternalServerError, "Error: "+err.Error())
	}
	s.mu.Lock()
	s.tasks = append(s.tasks, t)
	s.mu.Unlock()
	if !connects {
		return asJSON(http.StatusAccepted, raw)
	}
	a := asJSON(http.StatusAccepted, raw)
	if a.reason = s.process(c, d, t); a.reason == "" {
		a.status = http.StatusOK
	}
	return a
}

const queued = "Task queued but not processed"

// process asks a router to connect, waits for its session, and gives why a task is not done then; "" when it is.
func (s *Server) process(c *call, d *router, t *task) string {
	s.mu.Lock()
	if d.InSession {
		s.mu.Unlock()
		return queued
	}
	offline, opens := s.connect(d)
	s.mu.Unlock()
	if offline != "" {
		return offline
	}
	patience := 3 * time.Second // GenieACS: DEVICE_ONLINE_THRESHOLD
	if ms, err := strconv.Atoi(c.query.Get("timeout")); err == nil {
		patience = time.Duration(ms) * time.Millisecond
	}
	if !opens {
		return queued
	}
	if s.o.Takes > patience {
		s.later(d, func() { s.session(d) })
		s.sleep(c.ctx, patience)
		return queued
	}
	s.sleep(c.ctx, s.o.Takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session(d)
	switch {
	case s.refusal(t) != nil:
		return "Task faulted"
	case slices.Contains(s.tasks, t):
		return queued
	}
	return ""
}

// wake asks a router to connect, without a task.
func (s *Server) wake(id string) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.devices[id]
	if d == nil {
		return text(http.StatusNotFound, "No such device")
	}
	offline, opens := s.connect(d)
	if offline != "" {
		return &answer{status: http.StatusGatewayTimeout, reason: offline, body: []byte(offline)}
	}
	if opens {
		s.later(d, func() {
			if !d.Offline && !d.restarting {
				s.session(d)
			}
		})
	}
	return text(http.StatusOK, "")
}

// tag serves /devices/D/tags/x, which is 200 for a device that is not there as well.
func (s *Server) tag(c *call) *answer {
	d, tag := s.devices[c.path[1]], c.path[3]
	switch {
	case c.method != http.MethodPost && c.method != http.MethodDelete:
		return text(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	case d == nil:
	case c.method == http.MethodDelete:
		d.tags = slices.DeleteFunc(d.tags, func(t string) bool { return t == tag })
	case !slices.Contains(d.tags, tag):
		d.tags = append(d.tags, tag)
	}
	return text(http.StatusOK, "")
}

func (s *Server) remove(device string) {
	delete(s.devices, device)
	s.tasks = slices.DeleteFunc(s.tasks, func(t *task) bool { return t.device == device })
	s.refusals = slices.DeleteFunc(s.refusals, func(r *refusal) bool { return r.task.device == device })
}

func (s *Server) file(c *call) *answer {
	name := c.path[1]
	switch _, ok := s.files[name]; {
	case c.method == http.MethodPut:
		s.files[name] = file{c.header.Get("fileType"), c.header.Get("oui"), c.header.Get("productClass"), c.header.Get("version"), len(c.body), time.Now()}
		return text(http.StatusCreated, "")
	case c.method != http.MethodDelete:
		return text(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	case !ok:
		return text(http.StatusNotFound, "404 Not Found")
	}
	delete(s.files, name)
	return text(http.StatusOK, "")
}

// script keeps presets and provisions; they are not carried out.
func (s *Server) script(c *call) *answer {
	name := c.path[1]
	switch {
	case c.method == http.MethodPut && c.path[0] == "provisions":
		s.scripts[name] = string(c.body)
	case c.method == http.MethodPut:
		if !json.Valid(c.body) {
			return text(http.StatusBadRequest, "SyntaxError: not JSON")
		}
		s.presets[name] = c.body
	case c.method == http.MethodDelete && c.path[0] == "provisions":
		delete(s.scripts, name)
	case c.method == http.MethodDelete:
		delete(s.presets, name)
	default:
		return text(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	}
	return text(http.StatusOK, "")
}

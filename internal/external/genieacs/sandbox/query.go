package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// find serves GET /collection/?query=…&projection=…. Queries are by equality; a device's by _value, as GenieACS expands them.
func (s *Server) find(c *call, collection string) *answer {
	records, ok := s.records(collection)
	if !ok {
		return text(http.StatusNotFound, "404 Not Found")
	}
	having := map[string]any{}
	if q := c.query.Get("query"); q != "" {
		if err := json.Unmarshal([]byte(q), &having); err != nil {
			return text(http.StatusBadRequest, "SyntaxError: "+err.Error())
		}
	}
	for path, v := range having {
		if strings.HasPrefix(path, "$") || reflect.ValueOf(v).Kind() == reflect.Map {
			return text(http.StatusNotImplemented, "the sandbox knows equality only, not "+path)
		}
	}
	if id, _ := having["_id"].(string); collection == "tasks" && id != "" && !objectIDs.MatchString(id) {
		return nil // the worker crashes
	}
	found := []map[string]any{}
	for _, r := range records {
		if matches(r, having) {
			found = append(found, project(r, c.query.Get("projection")))
		}
	}
	a := asJSON(http.StatusOK, found)
	a.header["total"] = []string{strconv.Itoa(len(found))} // as it is written on the wire, in small letters
	return a
}

func (s *Server) records(collection string) (all []map[string]any, ok bool) {
	switch collection {
	case "devices":
		for _, id := range slices.Sorted(maps.Keys(s.devices)) {
			all = append(all, s.devices[id].record())
		}
	case "tasks":
		for _, t := range s.tasks {
			all = append(all, t.raw)
		}
	case "faults":
		for _, r := range s.refusals {
			all = append(all, r.record)
		}
	case "files":
		for name, f := range s.files {
			all = append(all, map[string]any{"_id": name, "filename": name, "length": f.length, "uploadDate": stamp(f.uploaded), "metadata": f})
		}
	case "presets":
		for name, raw := range s.presets {
			all = append(all, map[string]any{"_id": name, "preset": raw})
		}
	case "provisions":
		for name, script := range s.scripts {
			all = append(all, map[string]any{"_id": name, "script": script})
		}
	default:
		return nil, false
	}
	return all, true
}

// record is a device as the server keeps it.
func (d *router) record() map[string]any {
	parts := strings.SplitN(d.ID, "-", 3)
	r := map[string]any{
		"_id": d.ID, "_registered": stamp(d.registered), "_lastInform": stamp(d.informed), "_lastBoot": stamp(d.booted), "_tags": slices.Clone(d.tags),
		"_deviceId": map[string]any{"_Manufacturer": "Sample", "_OUI": parts[0], "_ProductClass": parts[1], "_SerialNumber": parts[2]},
	}
	if d.tags == nil {
		delete(r, "_tags")
	}
	for path, l := range d.known {
		at, segments := r, strings.Split(path, ".")
		for _, segment := range segments[:len(segments)-1] {
			if at[segment] == nil {
				at[segment] = map[string]any{"_object": true, "_writable": false, "_timestamp": stamp(l.at)}
			}
			at = at[segment].(map[string]any)
		}
		at[segments[len(segments)-1]] = map[string]any{"_object": false, "_timestamp": stamp(l.at), "_type": l.kind, "_value": l.value, "_writable": l.writable}
	}
	return r
}

// get follows a path into a record.
func get(r map[string]any, path string) any {
	var at any = r
	for segment := range strings.SplitSeq(path, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[segment]
	}
	return at
}

func matches(r, having map[string]any) bool {
	for path, want := range having {
		got := get(r, path)
		if leaf, ok := got.(map[string]any); ok {
			got = leaf["_value"]
		}
		if list, ok := got.([]string); ok && slices.Contains(list, fmt.Sprint(want)) {
			continue
		}
		if got == nil || fmt.Sprint(got) != fmt.Sprint(want) {
			return false
		}
	}
	return true
}

// project keeps of a record what is named, and its id.
func project(r map[string]any, projection string) map[string]any {
	if projection == "" {
		return r
	}
	out := map[string]any{"_id": r["_id"]}
	// In this order an object comes before what is in it, and is not cut down to that.
	for _, path := range slices.Sorted(strings.SplitSeq(projection, ",")) {
		segments, at := strings.Split(strings.TrimSpace(path), "."), out
		for i, segment := range segments {
			have := get(r, strings.Join(segments[:i+1], "."))
			if have == nil {
				break
			}
			if i == len(segments)-1 {
				at[segment] = have
				break
			}
			if at[segment] == nil {
				at[segment] = map[string]any{}
			}
			next, ok := at[segment].(map[string]any)
			if !ok {
				break
			}
			at = next
		}
	}
	return out
}

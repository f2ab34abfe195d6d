package genieacs

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/cenkalti/backoff/v5"

	"turnup/internal/domain/provisioning"
)

// The names of tasks. The NBI's worker crashes on any other, so that they come from nowhere else.
const (
	setValues = "setParameterValues"
	getValues = "getParameterValues"
	reboot    = "reboot"
	download  = "download"
)

// connectionRequest is the query that has the NBI ask a device to connect.
const connectionRequest = "connection_request"

// task is what a device works off in its next session.
type task struct {
	ID     string   `json:"_id,omitempty"`
	Name   string   `json:"name"`
	Values []set    `json:"parameterValues,omitempty"`
	Names  []string `json:"parameterNames,omitempty"`
	File   string   `json:"file,omitempty"`
}

// set is the path of a parameter, its value and its type.
type set [3]any

// same tells whether two tasks do the same.
func (t task) same(other task) bool {
	t.ID, other.ID = "", ""
	a, errA := json.Marshal(t)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && string(a) == string(b)
}

// sets tells whether a task sets a parameter.
func (t task) sets(path string) bool {
	for _, v := range t.Values {
		if v[0] == path {
			return true
		}
	}
	return false
}

// waiting lists the tasks of a name that wait for a device.
func (c *Client) waiting(ctx context.Context, cpe, name string) (all []task, err error) {
	err = c.find(ctx, "tasks", map[string]string{"device": cpe, "name": name}, "", &all)
	return all, err
}

// queue has a task waiting for a device and gives its id. It is not queued twice: one that does the same and waits already is
// taken, also when the answer to queuing it was lost. Nothing has woken the device by then; only one that informs by itself in
// that very moment may have done the task already, and then ErrUnanswered is all that is known.
func (c *Client) queue(ctx context.Context, cpe string, t task) (string, error) {
	if id, err := c.queued(ctx, cpe, t); id != "" || err != nil {
		return id, err
	}
	a, err := c.call(ctx, http.MethodPost, of(cpe, "/tasks"), t)
	if errors.Is(err, provisioning.ErrUnanswered) && ctx.Err() == nil {
		if id, _ := c.queued(ctx, cpe, t); id != "" {
			return id, nil
		}
	}
	if err != nil {
		return "", err
	}
	if a.Status == http.StatusNotFound {
		return "", c.api.Fault(provisioning.ErrCPEUnknown, nil)
	}
	var made task
	if err := a.Decode(&made); err != nil || made.ID == "" {
		return "", c.fault(provisioning.ErrUnanswered, "no task in the answer: %v", err)
	}
	return made.ID, nil
}

// queued finds a task that does the same; "" when there is none.
func (c *Client) queued(ctx context.Context, cpe string, t task) (string, error) {
	all, err := c.waiting(ctx, cpe, t.Name)
	for _, w := range all {
		if w.same(t) {
			return w.ID, err
		}
	}
	return "", err
}

// wake asks the device to connect and tells whether it answered.
func (c *Client) wake(ctx context.Context, cpe string) (bool, error) {
	a, err := c.call(ctx, http.MethodPost, of(cpe, "/tasks?"+connectionRequest), nil)
	if err == nil && a.Status == http.StatusNotFound {
		err = c.api.Fault(provisioning.ErrCPEUnknown, nil)
	}
	return err == nil && a.Status != isOffline, err
}

// wakeEach is how often the device is asked to connect: at every such look at its task. It takes seconds to open a session, and
// while it is in one it rejects requests.
const wakeEach = 4

// await returns when the device has done a task. ErrCPERefused when it refused, ErrCPEOffline when it has not taken the task
// until ctx is over; the task is left as it is.
func (c *Client) await(ctx context.Context, cpe, id string) error {
	looks := 0
	return c.until(ctx, func() error {
		if err := c.faulted(ctx, cpe, id); err != nil {
			return err
		}
		var left []task
		if err := c.find(ctx, "tasks", map[string]string{"_id": id}, "name", &left); err != nil || len(left) == 0 {
			return err
		}
		if looks++; looks%wakeEach == 1 {
			if _, err := c.wake(ctx, cpe); err != nil {
				return err
			}
		}
		return c.fault(provisioning.ErrCPEOffline, "the task is queued")
	})
}

// do queues a task and waits until it is done. A task that was refused, or not taken in time, is withdrawn: the device must not
// do it at some later time when nobody expects it.
func (c *Client) do(ctx context.Context, cpe string, t task) error {
	id, err := c.queue(ctx, cpe, t)
	if err != nil {
		return err
	}
	if err = c.await(ctx, cpe, id); err != nil {
		_ = c.drop(context.WithoutCancel(ctx), cpe, id) // the reason to drop it is the one to tell
	}
	return err
}

// drop withdraws a task, with its fault. What is not there is success.
func (c *Client) drop(ctx context.Context, cpe, id string) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		_, err := c.call(ctx, http.MethodDelete, "/faults/"+url.PathEscape(channel(cpe, id)), nil)
		if err == nil {
			_, err = c.call(ctx, http.MethodDelete, "/tasks/"+url.PathEscape(id), nil)
		}
		if err != nil && !errors.Is(err, provisioning.ErrUnanswered) { // 503 while the device is in a session is one of those
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(backoff.NewConstantBackOff(2*c.poll)), backoff.WithMaxTries(4))
	return err
}

// channel is the id of a task's fault.
func channel(cpe, id string) string { return cpe + ":task_" + id }

// refusal is a fault of a task. Its provisions, which are not read, would hold the values that were set.
type refusal struct {
	Code    string `json:"code"` // cwmp.9000 and so on (TR-069 A.5), or a code of GenieACS
	Message string `json:"message"`
	Detail  struct {
		Code   string `json:"faultCode"`
		String string `json:"faultString"`
		Params []struct {
			Name string `json:"parameterName"`
			Code string `json:"faultCode"`
		} `json:"setParameterValuesFault"`
	} `json:"detail"`
}

func (f refusal) Error() string {
	parts := []string{f.Code, f.Message}
	if f.Detail.Code != "" {
		parts = []string{f.Detail.Code, f.Detail.String}
	}
	for _, p := range f.Detail.Params {
		parts = append(parts, p.Name, p.Code)
	}
	return strings.Join(parts, " ")
}

// faulted is ErrCPERefused when the device refused a task, with the CWMP fault.
func (c *Client) faulted(ctx context.Context, cpe, id string) error {
	var all []refusal
	if err := c.find(ctx, "faults", map[string]string{"_id": channel(cpe, id)}, "code,message,detail", &all); err != nil {
		return err
	}
	if len(all) == 0 {
		return nil
	}
	return c.api.Fault(provisioning.ErrCPERefused, all[0])
}

// withoutSecret takes a secret out of an error that a device worded.
func (c *Client) withoutSecret(err error, secret string) error {
	if secret != "" && err != nil && strings.Contains(err.Error(), secret) {
		var f refusal
		if errors.As(err, &f) {
			return c.fault(provisioning.ErrCPERefused, "%s", strings.ReplaceAll(f.Error(), secret, "***"))
		}
	}
	return err
}

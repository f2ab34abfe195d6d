package genieacs

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/domain/provisioning"
)

// What a device was given is remembered by tags at the device, as a CPE reads its password back empty: one names the service it
// belongs to, the other is a digest of the settings that were queued for it last.
const (
	serviceTags  = "service-"
	settingsTags = "settings-"
)

func serviceTag(s id.Service) string { return serviceTags + strings.ToLower(string(s)) }

// settingsTag tells these settings from others. It is keyed by the secret, and too short to be of use without it.
func settingsTag(s provisioning.Settings) string {
	return settingsTags + digest([]byte(s.Secret), string(s.Service)+"\x00"+s.Username)
}

func digest(key []byte, text string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// dial is the task that has a device dial in, or not any more.
func (m model) dial(on bool, username, password string) task {
	return task{Name: setValues, Values: []set{
		{m.enable, on, "xsd:boolean"}, {m.username, username, "xsd:string"}, {m.password, password, "xsd:string"},
	}}
}

// Configure has the CPE dial in with the settings.
//
// A set of parameters that do not exist is answered without a fault, so that the user name is read back. That these very settings
// were queued is remembered before waiting for the device, and forgotten when it refuses them: once the user name is there and
// nothing waits any more, they have arrived.
func (c *Client) Configure(ctx context.Context, cpe string, s provisioning.Settings, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	d, err := c.device(ctx, cpe)
	if err != nil {
		return err
	}
	want, settings := d.model.dial(true, s.Username, s.Secret), settingsTag(s)
	all, err := c.waiting(ctx, cpe, setValues)
	if err != nil {
		return err
	}
	waits, err := c.clear(ctx, cpe, d.model, all, want)
	if err != nil {
		return err
	}
	if !waits && d.dials() == s.Username && d.has(settings) && d.has(serviceTag(s.Service)) {
		return nil
	}
	if err := c.claim(ctx, cpe, d, serviceTag(s.Service), settings); err != nil {
		return err
	}
	task, err := c.queue(ctx, cpe, want)
	if err != nil {
		return err
	}
	if err := c.tag(ctx, http.MethodPost, cpe, settings); err != nil {
		return err
	}
	if err = c.await(ctx, cpe, task); err == nil {
		err = c.confirm(ctx, cpe, d.model, s.Username, serviceTag(s.Service), settings)
	}
	if errors.Is(err, provisioning.ErrCPERefused) {
		err = c.withoutSecret(err, s.Secret)
		ctx = context.WithoutCancel(ctx)
		if e := c.tag(ctx, http.MethodDelete, cpe, settings); e != nil {
			return e // the task keeps its fault, so that repeating ends here again
		}
		_ = c.drop(ctx, cpe, task) // what is left of it is found, and dropped, by the next request
	}
	return err
}

// clear withdraws the tasks about dialling in that wait and are not the one wanted, and tells whether that one waits.
func (c *Client) clear(ctx context.Context, cpe string, m model, all []task, want task) (waits bool, err error) {
	for _, t := range all {
		switch {
		case t.same(want):
			waits = true
		case t.sets(m.username):
			if err := c.drop(ctx, cpe, t.ID); err != nil {
				return waits, err
			}
		}
	}
	return waits, nil
}

// claim has the device belong to a service, and to no other.
func (c *Client) claim(ctx context.Context, cpe string, d record, service, settings string) error {
	for _, t := range d.tags {
		if t != service && t != settings && ourTag(t) {
			if err := c.tag(ctx, http.MethodDelete, cpe, t); err != nil {
				return err
			}
		}
	}
	return c.tag(ctx, http.MethodPost, cpe, service)
}

func (c *Client) tag(ctx context.Context, method, cpe, tag string) error {
	_, err := c.call(ctx, method, of(cpe, "/tags/"+url.PathEscape(tag)), nil)
	return err
}

// confirm reads the user name back, and the tags, which may have been answered without being there.
func (c *Client) confirm(ctx context.Context, cpe string, m model, username string, tags ...string) error {
	d, err := c.fresh(ctx, cpe, m.username)
	if err != nil {
		return err
	}
	if got, _ := d.value(m.username); got != username {
		return c.fault(provisioning.ErrCPERefused, "%s was not taken", m.username)
	}
	for _, t := range tags {
		if !d.has(t) {
			return c.fault(provisioning.ErrUnanswered, "the tag %s was not kept", t)
		}
	}
	return nil
}

// Forget has the CPE not dial in any more for a service, and looks that it is so. The device is the service's when its tag says so, when it
// has the account's user name, or when a task waits that would give it that: configuring that was interrupted, or came late, may have
// left only one of these. A device that has another service's tag is that one's.
func (c *Client) Forget(ctx context.Context, cpe string, service id.Service, username string) error {
	d, err := c.device(ctx, cpe)
	if errors.Is(err, provisioning.ErrCPEUnknown) {
		return nil
	}
	if err != nil || d.ofAnother(serviceTag(service)) {
		return err
	}
	all, err := c.waiting(ctx, cpe, setValues)
	if err != nil || !d.ours() && !d.used(all, username) {
		return err
	}
	off := d.model.dial(false, "", "")
	if _, err := c.clear(ctx, cpe, d.model, all, off); err != nil {
		return err
	}
	if d.has(serviceTag(service)) || d.used(all, username) {
		if _, err := c.queue(ctx, cpe, off); err != nil && !errors.Is(err, provisioning.ErrCPEUnknown) {
			return err
		}
		_, _ = c.wake(ctx, cpe) // it may be off: then it takes the task when it is on again
	}
	for _, t := range d.tags {
		if ourTag(t) {
			if err := c.tag(ctx, http.MethodDelete, cpe, t); err != nil {
				return err
			}
		}
	}
	return c.forgotten(ctx, cpe, off, username)
}

// forgotten looks that nothing is left but, maybe, the task that has the device not dial in.
func (c *Client) forgotten(ctx context.Context, cpe string, off task, username string) error {
	all, err := c.waiting(ctx, cpe, setValues)
	if err != nil {
		return err
	}
	d, err := c.device(ctx, cpe)
	if errors.Is(err, provisioning.ErrCPEUnknown) {
		return nil
	}
	waits := slices.ContainsFunc(all, off.same)
	if err == nil && (d.ours() || d.used(all, username) && !waits) {
		err = c.fault(provisioning.ErrUnanswered, "what the device was told to forget is still there")
	}
	return err
}

func ourTag(t string) bool {
	return strings.HasPrefix(t, serviceTags) || strings.HasPrefix(t, settingsTags)
}

// ours tells whether a device has tags of ours.
func (d record) ours() bool { return slices.ContainsFunc(d.tags, ourTag) }

// ofAnother tells whether the device belongs to another service than the one with the tag.
func (d record) ofAnother(tag string) bool {
	return slices.ContainsFunc(d.tags, func(t string) bool { return t != tag && strings.HasPrefix(t, serviceTags) })
}

// used tells whether the device dials in with a user name, or shall.
func (d record) used(waiting []task, username string) bool {
	return d.dials() == username || slices.ContainsFunc(waiting, func(t task) bool {
		return slices.ContainsFunc(t.Values, func(v set) bool { return v[0] == d.model.username && v[1] == username })
	})
}

// dials is the user name that the device dials in with, as far as is known.
func (d record) dials() string {
	username, _ := d.value(d.model.username)
	return username
}

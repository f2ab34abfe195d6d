package genieacs

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"turnup/internal/domain/provisioning"
)

// Reboot restarts the device; ErrCPERefused when it does not offer that (CWMP fault 9000).
func (c *Client) Reboot(ctx context.Context, cpe string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if _, err := c.device(ctx, cpe); err != nil {
		return err
	}
	return c.do(ctx, cpe, task{Name: reboot})
}

// upgrade is an installation under way. It is remembered by a tag at the device, because its task is gone as soon as the device
// began to download, long before it tells how that ended.
type upgrade struct{ task, file, before string }

const upgradeTags = "upgrade-"

func (u upgrade) tag() string { return upgradeTags + u.task + "-" + u.file + "-" + u.before }

// upgrading finds the installation a device's tags tell of; false when there is none.
func (d record) upgrading() (upgrade, bool) {
	for _, t := range d.tags {
		rest, ok := strings.CutPrefix(t, upgradeTags)
		if parts := strings.Split(rest, "-"); ok && len(parts) == 3 {
			return upgrade{task: parts[0], file: parts[1], before: parts[2]}, true
		}
	}
	return upgrade{}, false
}

// givenUp is when GenieACS itself no longer expects the end of a download (its setting cwmp.downloadTimeout).
const givenUp = time.Hour

// old tells whether an installation began too long ago to still end. The id of its task begins with the second it was made in.
func (u upgrade) old(now time.Time) bool {
	at, err := strconv.ParseInt(u.task[:min(8, len(u.task))], 16, 64)
	return err != nil || now.Sub(time.Unix(at, 0)) > givenUp
}

// Upgrade installs firmware. The download is accepted first and ends later, with a fault or another software version;
// ErrUnanswered when neither is seen within the time: the installation goes on, and repeating waits for it.
func (c *Client) Upgrade(ctx context.Context, cpe, file string, within time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	d, err := c.device(ctx, cpe)
	if err != nil {
		return "", err
	}
	version, err := c.versionOf(ctx, file)
	if err != nil {
		return "", err
	}
	u, known := d.upgrading()
	same := known && u.file == digest(nil, file)
	switch {
	case same && u.before != digest(nil, d.software()): // it ended, and the answer was lost
		_ = c.tag(ctx, http.MethodDelete, cpe, u.tag())
		return d.software(), nil
	case version != "" && d.software() == version:
		return version, nil
	case same && !u.old(c.clock.Now()):
	default:
		if known {
			err = c.tag(ctx, http.MethodDelete, cpe, u.tag())
		}
		if err == nil {
			u, err = c.begin(ctx, cpe, file, d.software())
		}
		if err != nil {
			return "", err
		}
	}
	return c.finish(ctx, cpe, u)
}

// versionOf is the version a file has, which may be empty; ErrRefused when there is no such file.
func (c *Client) versionOf(ctx context.Context, file string) (string, error) {
	var found []struct {
		Metadata struct {
			Version string `json:"version"`
		} `json:"metadata"`
	}
	if err := c.find(ctx, "files", map[string]string{"_id": file}, "", &found); err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", c.fault(provisioning.ErrRefused, "the device management has no such file")
	}
	return found[0].Metadata.Version, nil
}

func (c *Client) begin(ctx context.Context, cpe, file, software string) (upgrade, error) {
	id, err := c.queue(ctx, cpe, task{Name: download, File: file})
	if err != nil {
		return upgrade{}, err
	}
	u := upgrade{task: id, file: digest(nil, file), before: digest(nil, software)}
	return u, c.tag(ctx, http.MethodPost, cpe, u.tag())
}

// finish waits until the device took the task, and then until it reports another software version.
func (c *Client) finish(ctx context.Context, cpe string, u upgrade) (software string, err error) {
	if err = c.await(ctx, cpe, u.task); err == nil {
		err = c.until(ctx, func() error {
			if err := c.faulted(ctx, cpe, u.task); err != nil {
				return err
			}
			d, err := c.device(ctx, cpe)
			if software = d.software(); err == nil && digest(nil, software) == u.before {
				err = c.fault(provisioning.ErrUnanswered, "the device reports no other software version")
			}
			return err
		})
	}
	rest := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		_ = c.tag(rest, http.MethodDelete, cpe, u.tag()) // what is installed is; a tag that stays says so as well
		return software, nil
	case errors.Is(err, provisioning.ErrCPERefused), errors.Is(err, provisioning.ErrCPEOffline):
		if e := c.drop(rest, cpe, u.task); e != nil {
			return "", err // its tag stays, so that repeating finds it again
		}
		_ = c.tag(rest, http.MethodDelete, cpe, u.tag())
	}
	return "", err
}

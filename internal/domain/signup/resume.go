package signup

import (
	"net/url"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/signlink"
)

// Owner is whose key signs the links by which the owner of a flow leads customers back to it, as from a mail.
const Owner = "owner"

// Resume is the purpose of these links.
const Resume signlink.Purpose = "resume"

// ResumeTarget is where they lead, below the base address of the owner's pages, and what they say.
func ResumeTarget(base string, t id.Tenant, s id.Signup) (target string, params map[string]string) {
	return base + "/signup/" + url.PathEscape(string(t)) + "/" + url.PathEscape(string(s)) + "/resume", map[string]string{"client": string(t), "signup": string(s)}
}

// ResumeLinks are these links, made with the owner's key.
type ResumeLinks struct {
	Keys *signlink.Keys
	Base string // of the owner's pages
}

// Resume is the link of a signup, good until a time.
func (l ResumeLinks) Resume(t id.Tenant, s id.Signup, until time.Time) (string, error) {
	target, params := ResumeTarget(l.Base, t, s)
	return l.Keys.Sign(Owner, Resume, target, params, until)
}

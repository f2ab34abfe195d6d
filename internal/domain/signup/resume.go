package signup

import (
	"net/url"

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

package check

import (
	"go/ast"
	"regexp"
	"strings"
	"unicode"

	"turnup/internal/base/fault"
	"turnup/internal/platform/rest"
)

// Why the faults of the network are listed by no operation: they end steps of work and parts of diagnoses.
const (
	mended  = "why work on the network waits for a human, in the service's work, or what a diagnosis found"
	passing = "why a step of work on the network is tried again, in the service's work, or what a diagnosis found"
)

// Unlisted are the faults that no operation lists, with the reason.
var Unlisted = map[string]string{
	"route_not_found":      "the answer to a request that is no operation",
	"mail_refused":         "why a mail is parked, in its record and in the log",
	"mailer_unavailable":   "why a mail is tried again, in its record and in the log",
	"not_found":            "inside the service only: a row that a consumer expected is missing",
	"signup_event_early":   "why an event about a signup is tried again, and then parked",
	"work_parked":          "how a step tells its machine that the work waits for a human, who has been told",
	"work_superseded":      "how a step tells its machine that other work has taken its place",
	"network_busy":         "why a session at a NAS could not be ended or changed at that moment, in the log and with the session; it is tried again",
	"service_moved":        "inside the service only: two steps wrote at the same moment, and one of them looks again",
	"subscriber_not_found": "inside the service only: an account that has ended; RADIUS is answered with a refusal",
	"network_error":        passing, "network_unanswered": passing, "cpe_offline": passing, "onu_not_active": passing, "session_not_seen": passing, "sessions_not_ended": passing,
	"onu_not_found": mended, "onu_on_other_port": mended, "cpe_not_found": mended, "cpe_refused": mended, "pon_port_not_found": mended, "pon_port_disabled": mended, "pon_port_full": mended,
	"address_pool_not_found": mended, "address_pool_empty": mended, "optical_level_out_of_range": mended, "network_refused": mended, "network_credential_refused": mended, "not_measurable": mended,
}

// idLike finds ids and placeholders in a message.
var idLike = regexp.MustCompile(`\b[a-z]+_[0-9A-Za-z]{6,}|%[a-z+v]|\b[0-9A-HJKMNP-TV-Z]{26}\b|\{[a-z]`)

// FaultTexts checks that a message is a sentence fit for a customer, and that somebody acts.
func FaultTexts(faults []*fault.Fault) []string {
	var out findings
	actors := set("customer", "integrator", "operator")
	code := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	for _, f := range faults {
		if !code.MatchString(f.Code) {
			out.add("%s: a code is snake_case", f.Code)
		}
		if first := []rune(f.Message + " ")[0]; !unicode.IsUpper(first) || !strings.HasSuffix(f.Message, ".") {
			out.add("%s: %q is no sentence with a full stop", f.Code, f.Message)
		}
		if idLike.MatchString(f.Message) {
			out.add("%s: %q holds an id or a placeholder", f.Code, f.Message)
		}
		if !actors[f.Acts] {
			out.add("%s: %q does not act on faults", f.Code, f.Acts)
		}
	}
	return out
}

// FaultsListed checks that each fault is listed by an operation, or in Unlisted, and not in both.
func FaultsListed(faults []*fault.Fault, ops []rest.Op, unlisted map[string]string) []string {
	var out findings
	known := map[string]bool{}
	for _, f := range faults {
		known[f.Code] = true
		listed, excused := len(answeredBy(f.Code, ops)) > 0, unlisted[f.Code] != ""
		switch {
		case !listed && !excused:
			out.add("%s is listed by no operation", f.Code)
		case listed && excused:
			out.add("%s is listed by an operation; it needs no excuse", f.Code)
		}
	}
	for _, code := range sortedKeys(unlisted) {
		if !known[code] {
			out.add("%s is excused and does not exist", code)
		}
	}
	return out
}

// FaultsDeclared finds the codes that the code declares, by package.
func FaultsDeclared(s Source) map[string]string {
	out := map[string]string{}
	for _, f := range s.production().under("internal") {
		if layer, _ := layerOf(f.Dir()); layers[layer] == nil {
			continue
		}
		name, inPackage := f.nameOf(module+"/internal/base/fault"), f.Dir() == "internal/base/fault"
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 4 {
				return true
			}
			fn, ok := selected(call.Fun, name)
			if id, isIdent := call.Fun.(*ast.Ident); isIdent && inPackage {
				fn, ok = id.Name, true
			}
			if ok && fn == "New" {
				if code, ok := literal(call.Args[1]); ok {
					out[code] = f.Dir()
				} else {
					out["(not a literal)"] = f.Dir()
				}
			}
			return true
		})
	}
	return out
}

// FaultsKnown checks that the catalogue of this program holds every code of the project: a package that nothing here links
// would escape the other rules.
func FaultsKnown(declared map[string]string, faults []*fault.Fault) []string {
	var out findings
	known := map[string]bool{}
	for _, f := range faults {
		known[f.Code] = true
	}
	for _, code := range sortedKeys(declared) {
		if !known[code] {
			out.add("%s of %s is not in the catalogue; import the package in check", code, declared[code])
		}
	}
	return out
}

package signup_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"turnup/internal/domain/signup"
)

// S2-55: the flow is described from its four sides, with a dated diagram, and knows every state and every place there is.
func TestTheFlowIsDescribed(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, side := range []string{"## Customer view", "## Data view", "## Ownership", "## Open questions"} {
		if !strings.Contains(text, side) {
			t.Errorf("%s is missing", side)
		}
	}
	if !regexp.MustCompile("(?s)```\n\\d+ [A-Z][a-z]+ 20\\d\\d .*thankYouPage.published.*```").MatchString(text) {
		t.Error("there is no dated diagram")
	}
	for _, s := range []signup.State{signup.Open, signup.Requested, signup.Failed, signup.Completed, signup.Expired} {
		if !strings.Contains(text, "| `"+string(s)+"` |") {
			t.Errorf("the state %s is missing", s)
		}
	}
	for _, p := range []signup.Place{signup.AtPage, signup.AtProcessing, signup.AtBank, signup.AtProblem, signup.AtConfirmation, signup.AtThankYou, signup.AtExpired} {
		if !strings.Contains(text, "`"+string(p)+"`") {
			t.Errorf("the place %s is missing", p)
		}
	}
}

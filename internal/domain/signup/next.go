package signup

// Place is where a customer is to be.
type Place string

// The places.
const (
	AtPage         Place = "page"         // of another system: Step says which
	AtProcessing   Place = "processing"   // what is waited for comes by itself; Late tells that it takes longer than it should
	AtBank         Place = "bank"         // URL; their bank wants them
	AtProblem      Place = "problem"      // Reason; they can try again
	AtConfirmation Place = "confirmation" // the contract is there, the thank-you page takes longer
	AtThankYou     Place = "thank-you"    // URL
	AtExpired      Place = "expired"
)

// Next is where a customer is to be now, and what is needed for it.
type Next struct {
	Place    Place
	Step     Step   // of a page, or of a problem with one
	URL      string // of bank and thank-you page
	Reason   string // of a problem: a Stop, or why the contract could not be created
	Late     bool
	Mailable bool // we know an address to which a link can be mailed
}

// NextPage tells where the customer of a signup is to be now. Only the owner of the flow decides that.
func (s Signup) NextPage() Next {
	step, _ := s.Current()
	n := Next{Step: step, Late: s.Late, Mailable: s.Customer != ""}
	switch {
	case s.State == Expired:
		n.Place = AtExpired
	case s.State == Completed:
		n.Place, n.URL = AtThankYou, s.ThankYou
	case s.State == Failed:
		n.Place, n.Reason = AtProblem, s.Reason
	case s.State == Open && s.Stop != "":
		n.Place, n.Reason = AtProblem, string(s.Stop)
	case s.State == Open:
		n.Place = AtPage
	case s.Contract.Signed() && s.Late:
		n.Place = AtConfirmation
	case s.BankURL != "":
		n.Place, n.URL = AtBank, s.BankURL
	default:
		n.Place = AtProcessing
	}
	return n
}

// Phase is what the signup's machine waits for.
type Phase string

// The phases, in their order.
const (
	Pages   Phase = "pages"
	Collect Phase = "collect"
)

// Waiting is the machine of a signup, which waits to be told.
type Waiting struct {
	Phase Phase  `dynamodbav:"phase,omitempty"`
	Token string `dynamodbav:"token,omitempty"`
}

// Verdict is what the machine is told of a phase.
type Verdict string

// The verdicts.
const (
	WasRequested Verdict = "requested"
	WasCompleted Verdict = "completed"
	WasExpired   Verdict = "expired"
)

// Awaits remembers the token by which the machine is told that a phase is over.
func (s Signup) Awaits(w Waiting) Signup {
	if s.Waits == w {
		return s
	}
	next := s.next()
	next.Waits = w
	return next
}

// Tell is what the machine is to be told of a phase as the signup stands; none while the phase goes on. It follows from how things
// stand and not from what happened last, so that it can be asked at any time and any number of times.
func (s Signup) Tell(p Phase) (v Verdict, over bool) {
	switch {
	case s.State == Expired:
		return WasExpired, true
	case s.State == Completed && p == Collect:
		return WasCompleted, true
	case p == Pages && s.Attempt > 0:
		return WasRequested, true
	}
	return "", false
}

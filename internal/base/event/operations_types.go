package event

// The event types of what the operator's staff do across customers.
const TypeDeadLettersRedriven Type = "deadLetters.redriven"

// DeadLettersRedriven says that staff had what was parked of a queue done again.
type DeadLettersRedriven struct {
	Queue string `json:"queue"`
	Moved int    `json:"moved"` // messages that were sent back
	Left  int    `json:"left"`  // about how many are parked still
}

// EventType of DeadLettersRedriven.
func (DeadLettersRedriven) EventType() (Type, int) { return TypeDeadLettersRedriven, 1 }

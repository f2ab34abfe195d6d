package ticket

// Filter says which tickets of a list are wanted; what is empty does not matter.
type Filter struct {
	Status   Status
	Priority Priority
	Category Category
	Assignee *string // empty for those that nobody looks after
}

// Admits tells whether a ticket is wanted.
func (f Filter) Admits(t Ticket) bool {
	return (f.Status == "" || f.Status == t.Status) && (f.Priority == "" || f.Priority == t.Priority) &&
		(f.Category == "" || f.Category == t.Category) && (f.Assignee == nil || *f.Assignee == t.Assignee)
}

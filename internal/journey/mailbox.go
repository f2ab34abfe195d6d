package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Mail is a mail as the local cloud's mailbox shows it.
type Mail struct {
	To       []string
	Subject  string
	BodyText string
	BodyHTML string `json:"BodyHtml"`
}

// Mails reads the mails sent to an address.
func (s Site) Mails(ctx context.Context, to string) ([]Mail, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+"/_ministack/ses/messages", nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var box struct {
		Messages map[string][]Mail // by AWS account
	}
	if err := json.NewDecoder(res.Body).Decode(&box); err != nil {
		return nil, fmt.Errorf("journey: mailbox: %w", err)
	}
	var found []Mail
	for _, mails := range box.Messages {
		for _, m := range mails {
			if slices.ContainsFunc(m.To, func(a string) bool { return a == to || a == "<"+to+">" }) {
				found = append(found, m)
			}
		}
	}
	return found, nil
}

// AwaitMail waits for the first mail to an address.
func (s Site) AwaitMail(ctx context.Context, to string, within time.Duration) (Mail, error) {
	var mails []Mail
	came, err := lookAgain(within, 100*time.Millisecond, func() (_ bool, err error) {
		mails, err = s.Mails(ctx, to)
		return len(mails) > 0, err
	})
	switch {
	case err != nil:
		return Mail{}, err
	case !came:
		return Mail{}, fmt.Errorf("journey: no mail to %s within %v", to, within)
	}
	return mails[0], nil
}

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// upstream is a cloud that answers each request by answer and remembers what it got.
func upstream(t *testing.T, answer string, status int) (address string, got *[]string) {
	t.Helper()
	var bodies []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Host+" "+r.URL.RequestURI()+" "+string(raw))
		w.Header().Set("X-From", "upstream")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, &bodies
}

func through(t *testing.T, m *meter, target string, psp bool) string {
	t.Helper()
	p, err := m.proxy(target, psp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p.URL
}

func post(t *testing.T, address, target, attempt, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
	}
	if attempt != "" {
		req.Header.Set("Amz-Sdk-Request", attempt)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func TestProxyCountsDynamoDB(t *testing.T) {
	answer := `{"ConsumedCapacity":{"TableName":"t","CapacityUnits":3}}`
	target, got := upstream(t, answer, http.StatusOK)
	m := newMeter()
	status, body := post(t, through(t, m, target, false), "DynamoDB_20120810.PutItem", "attempt=1; max=3", `{"Item":`+itemOf(1025)+`}`)
	if status != http.StatusOK || body != answer {
		t.Errorf("the answer became %d %s", status, body)
	}
	if sent := (*got)[0]; !strings.Contains(sent, `"ReturnConsumedCapacity":"TOTAL"`) || !strings.HasPrefix(sent, strings.TrimPrefix(target, "http://")) {
		t.Errorf("forwarded: %.120s", sent)
	}
	calls := m.take()
	if len(calls) != 1 || calls[0].what != "DynamoDB.PutItem" || calls[0].psp || calls[0].retry || calls[0].refused {
		t.Fatalf("counted: %+v", calls)
	}
	if calls[0].told.write != 3 || calls[0].ruled.write != 2 || calls[0].consumed().write != 3 {
		t.Errorf("units: %+v", calls[0])
	}
	if again := m.take(); len(again) != 0 {
		t.Errorf("counted twice: %+v", again)
	}
}

func TestProxyNamesCalls(t *testing.T) {
	target, got := upstream(t, `{}`, http.StatusBadRequest)
	m := newMeter()
	aws, psp := through(t, m, target, false), through(t, m, target, true)
	post(t, aws, "AWSEvents.PutEvents", "attempt=2; max=3", `{}`)
	post(t, aws, "", "", "Action=SendRawEmail&Version=2010-12-01")
	post(t, aws+"/service/X/operation/Y", "", "", "")
	post(t, psp+"/v1/customers?limit=3", "", "", "a=b")
	post(t, aws, "DynamoDB_20120810.Scan", "", `{}`)
	want := []call{{what: "AWSEvents.PutEvents", retry: true}, {what: "Query.SendRawEmail"}, {what: "POST /service/X/operation/Y"},
		{what: "PSP POST /v1/customers", psp: true}, {what: "DynamoDB.Scan"}}
	calls := m.take()
	if len(calls) != len(want) {
		t.Fatalf("counted %d calls, not %d", len(calls), len(want))
	}
	for i, c := range calls {
		if c.what != want[i].what || c.psp != want[i].psp || c.retry != want[i].retry || !c.refused {
			t.Errorf("call %d: %+v", i, c)
		}
	}
	if !calls[4].scan() {
		t.Error("a Scan was not seen as one")
	}
	if forwarded := (*got)[3]; !strings.HasSuffix(forwarded, " /v1/customers?limit=3 a=b") {
		t.Errorf("forwarded: %s", forwarded)
	}
}

func TestProxyLosesOneAnswerAfterItsEffect(t *testing.T) {
	target, got := upstream(t, `{"id":"pi_1"}`, http.StatusOK)
	m := newMeter()
	psp := through(t, m, target, true)
	m.loseAnswer("PSP POST /v1/payment_intents")
	if status, _ := post(t, psp+"/v1/customers", "", "", ""); status != http.StatusOK {
		t.Errorf("another call's answer was lost: %d", status)
	}
	if status, body := post(t, psp+"/v1/payment_intents", "", "", ""); status != http.StatusBadGateway || strings.Contains(body, "pi_1") {
		t.Errorf("the answer came: %d %s", status, body)
	}
	if status, _ := post(t, psp+"/v1/payment_intents", "", "", ""); status != http.StatusOK {
		t.Errorf("more than one answer was lost: %d", status)
	}
	if len(*got) != 3 {
		t.Errorf("the PSP got %d calls, not 3", len(*got))
	}
}

func TestProxyReplaysSecrets(t *testing.T) {
	target, got := upstream(t, `{"Parameters":[]}`, http.StatusOK)
	m := newMeter()
	aws := through(t, m, target, false)
	m.replaySecrets(true)
	for range 2 {
		if status, body := post(t, aws, readSecrets, "", `{"Names":["a"]}`); status != http.StatusOK || body != `{"Parameters":[]}` {
			t.Errorf("answered %d %s", status, body)
		}
	}
	post(t, aws, readSecrets, "", `{"Names":["b"]}`)
	if len(*got) != 2 {
		t.Errorf("the cloud was asked %d times, not once for each", len(*got))
	}
	if calls := m.take(); len(calls) != 3 {
		t.Errorf("counted %d calls, not 3: a replayed one counts too", len(calls))
	}
}

func TestProxyWithoutUpstream(t *testing.T) {
	if _, err := newMeter().proxy("nowhere", false); err == nil {
		t.Error("an address without a host was taken")
	}
	m := newMeter()
	if status, _ := post(t, through(t, m, "http://127.0.0.1:1", false), "DynamoDB_20120810.GetItem", "", `{}`); status != http.StatusBadGateway {
		t.Errorf("answered %d", status)
	}
	if calls := m.take(); len(calls) != 1 || !calls[0].refused {
		t.Errorf("counted: %+v", calls)
	}
}

package main

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// What is measured gets its own answers, in their order, again and again; a call that was not recorded in a form that can be
// made bare is no silent zero.
func TestTape(t *testing.T) {
	tp := &tape{playing: true, answers: [][]byte{[]byte(`{"Item":{"n":{"S":"first"}}}`), []byte(`{}`)}}
	for i, want := range []string{`{"Item":{"n":{"S":"first"}}}`, `{}`, `{"Item":{"n":{"S":"first"}}}`} {
		res, err := tp.Do(&http.Request{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(res.Body); err != nil || string(got) != want {
			t.Errorf("answer %d is %s, %v", i, got, err)
		}
	}
	name, endpoint := "t", "http://cloud.example"
	client := dynamodb.NewFromConfig(aws.Config{Region: "eu-central-1", BaseEndpoint: &endpoint, HTTPClient: tp,
		Credentials: aws.AnonymousCredentials{}})
	tp.next, tp.inputs = 0, []any{&dynamodb.GetItemInput{TableName: &name, Key: nil}}
	if err := tp.bare(t.Context(), client); err == nil { // the SDK itself refuses it: there is no key
		t.Error("a call that is not valid was made")
	}
	tp.inputs = []any{&dynamodb.ScanInput{TableName: &name}}
	if err := tp.bare(t.Context(), client); err == nil {
		t.Error("an unknown call was left out")
	}
}

// What fails is not measured.
func TestMeasure(t *testing.T) {
	wrong := errors.New("wrong")
	if _, err := measure(func() error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
	if m := median([]float64{3, 1, 2}); m != 2 {
		t.Errorf("median %v", m)
	}
	if m := median([]time.Duration{4, 1, 3, 2}); m != 2 {
		t.Errorf("median %v", m)
	}
}

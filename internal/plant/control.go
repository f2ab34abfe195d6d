package plant

import (
	"encoding/json"
	"net/http"
)

// Hook is who the plant works for.
type Hook struct {
	URL         string `json:"url"`    // where rlm_rest calls, the API's base with /radius
	Key         string `json:"key"`    // goes with these calls as x-api-key
	Secret      string `json:"secret"` // shared for Disconnect and CoA requests
	NetboxToken string `json:"netboxToken,omitempty"`
}

// Point changes who the plant works for. The first time the BNG says that it is on: sessions of a plant before are over.
func (p *Plant) Point(h Hook) {
	p.BNG.Point(h.URL, h.Key, h.Secret)
	if h.NetboxToken != "" {
		p.Netbox.Accept(h.NetboxToken)
	}
	p.mu.Lock()
	first := !p.pointed
	p.pointed = true
	p.mu.Unlock()
	if first {
		p.BNG.Restart()
	}
}

// Reset forgets homes and all that the four know, without a word to anybody; it goes on working for the same.
func (p *Plant) Reset() error {
	p.Genieacs.Reset()
	p.BNG.Reset()
	p.Voltha.Reset()
	p.Netbox.Reset()
	p.mu.Lock()
	clear(p.homes)
	clear(p.given)
	clear(p.dialled)
	p.mu.Unlock()
	return p.seed()
}

func (p *Plant) controls() *http.ServeMux {
	mux := http.NewServeMux()
	does := func(pattern string, do func(*json.Decoder) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			in := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
			in.DisallowUnknownFields()
			if err := do(in); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("{}\n"))
		})
	}
	does("GET /_plant/health", func(*json.Decoder) error { return nil })
	does("DELETE /_plant", func(*json.Decoder) error { return p.Reset() })
	does("PUT /_plant/hook", func(in *json.Decoder) error {
		var h Hook
		err := in.Decode(&h)
		if err == nil {
			p.Point(h)
		}
		return err
	})
	does("PUT /_plant/homes", func(in *json.Decoder) error {
		var homes []Home
		err := in.Decode(&homes)
		if err == nil {
			err = p.Build(homes...)
		}
		return err
	})
	return mux
}

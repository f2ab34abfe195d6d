package sandbox

import (
	"container/heap"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// savePause is the least time between two saves. A save is as long as the state
// is big, so the pause also grows with the save before: at most a fifth of the
// time goes into saving.
const savePause = 20 * time.Millisecond

// load reads the state file, if there is one.
func (s *Server) load() error {
	if s.file == "" {
		return nil
	}
	b, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, s.st); err != nil {
		return err
	}
	for _, d := range s.st.Deliveries {
		if !d.Held {
			heap.Push(&s.queue, d)
		}
	}
	return nil
}

// save replaces the state file as a whole, so that a reader or a crash never
// meets half of one.
func (s *Server) save() error {
	if s.file == "" {
		return nil
	}
	s.mu.Lock()
	b, err := json.Marshal(s.st)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(s.file), filepath.Base(s.file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // does nothing once it was renamed
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), s.file)
}

// saveChanges saves whenever something has changed, until the server closes.
func (s *Server) saveChanges() {
	defer s.work.Done()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.dirty:
		}
		started := time.Now()
		if err := s.save(); err != nil {
			s.log.Error("state not saved", "file", s.file, "error", err)
		}
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(max(savePause, 4*time.Since(started))):
		}
	}
}

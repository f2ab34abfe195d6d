package main

import (
	"archive/zip"
	"compress/flate"
	"crypto/md5" //nolint:gosec // the deduplication key that the SAM CLI uses, not a protection
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// builtCode matches the code of a function in the template that `sam build` wrote.
var builtCode = regexp.MustCompile(`(?m)^(\s+CodeUri: )(\S+)$`)

// pack zips every built function and writes the template that refers to the zip files. The SAM CLI
// would zip all functions again in each deployment, one after the other, at half a second each;
// here unchanged ones are found by their content, and the rest is zipped on all cores.
func pack(root string) error {
	text, err := os.ReadFile(builtTemplate(root))
	if err != nil {
		return fmt.Errorf("sam build left no template: %w", err)
	}
	folder := filepath.Dir(builtTemplate(root))
	zips := zipFolder(root)
	if err := os.MkdirAll(zips, 0o755); err != nil {
		return fmt.Errorf("the folder %s cannot be created: %w", zips, err)
	}
	names := map[string]bool{}
	for _, m := range builtCode.FindAllStringSubmatch(string(text), -1) {
		names[m[2]] = true
	}
	packed, err := packAll(folder, zips, names)
	if err != nil {
		return err
	}
	out := builtCode.ReplaceAllStringFunc(string(text), func(line string) string {
		m := builtCode.FindStringSubmatch(line)
		if file := packed[m[2]]; file != "" {
			return m[1] + file
		}
		return line
	})
	removeOld(zips, packed)
	return writeFile(packedTemplate(root), []byte(out), 0o644)
}

func zipFolder(root string) string { return filepath.Join(root, ".turnup", "zips") }

func packAll(folder, zips string, names map[string]bool) (map[string]string, error) {
	var (
		mutex  sync.Mutex
		group  sync.WaitGroup
		packed = map[string]string{}
		failed []error
		slots  = make(chan struct{}, workers())
	)
	for name := range names {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			file, err := packFunction(filepath.Join(folder, name), zips)
			mutex.Lock()
			defer mutex.Unlock()
			packed[name] = file
			if err != nil {
				failed = append(failed, err)
			}
		})
	}
	group.Wait()
	return packed, errors.Join(failed...)
}

// packFunction returns the zip file of a built folder, making it if there is none of this content.
// Equal content gives equal bytes (no times in the zip), so that an unchanged function stays
// untouched in the cloud.
func packFunction(dir, zips string) (string, error) {
	program, err := os.ReadFile(filepath.Join(dir, "bootstrap"))
	if err != nil {
		return "", fmt.Errorf("the function %s was not built: %w", filepath.Base(dir), err)
	}
	file := filepath.Join(zips, hash(string(program))+".zip")
	if _, err := os.Stat(file); err == nil {
		now := time.Now()
		return file, os.Chtimes(file, now, now)
	}
	var text strings.Builder
	w := zip.NewWriter(&text)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestSpeed)
	})
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err == nil {
		_, err = entry.Write(program)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = writeFile(file, []byte(text.String()), 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("the function %s cannot be packed: %w", filepath.Base(dir), err)
	}
	return file, nil
}

// removeOld removes zip files that are out of use for a day: another stack may be deploying a
// slightly older one right now.
func removeOld(zips string, packed map[string]string) {
	used := map[string]bool{}
	for _, file := range packed {
		used[file] = true
	}
	entries, _ := filepath.Glob(filepath.Join(zips, "*.zip"))
	for _, file := range entries {
		if info, err := os.Stat(file); err == nil && !used[file] && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.Remove(file)
		}
	}
}

// artefactKeys are the names under which the SAM CLI stores the zip files of a template.
func artefactKeys(template string) (map[string]bool, error) {
	keys := map[string]bool{}
	for _, m := range builtCode.FindAllStringSubmatch(template, -1) {
		text, err := os.ReadFile(m[2])
		if err != nil {
			return nil, fmt.Errorf("a packed function cannot be read: %w", err)
		}
		sum := md5.Sum(text) //nolint:gosec // see above
		keys[hex.EncodeToString(sum[:])] = true
	}
	return keys, nil
}

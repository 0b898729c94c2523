// Package files writes what the commands of this module measured.
package files

import (
	"errors"
	"os"
	"path/filepath"
)

// Write writes files into a folder, which it makes if it is not there.
func Write(folder string, files map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	var errs []error
	for name, content := range files {
		errs = append(errs, os.WriteFile(filepath.Join(folder, name), content, 0o644))
	}
	return errors.Join(errs...)
}

// Results writes NAME.md, the tables for people, and NAME.txt, the rounds.
func Results(folder, name, markdown, raw string) error {
	return Write(folder, map[string][]byte{name + ".md": []byte(markdown), name + ".txt": []byte(raw)})
}

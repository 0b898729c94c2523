package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// member returns the member of a set as a string. Two members are one string if
// and only if they are one JSON value: numbers are compared by value (1, 1.0 and
// 10e-1 are one), objects without regard to the order of their keys; 1, "1" and
// true are three.
func (op *Op) member() (string, error) {
	text := op.Member
	if !present(text) {
		text = op.Value
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return "", shortly(err)
	}
	var b strings.Builder
	if err := writeMember(&b, value); err != nil {
		return "", err
	}
	return b.String(), nil
}

func writeMember(b *strings.Builder, value any) error {
	switch v := value.(type) {
	case json.Number:
		text, err := plainNumber(v.String())
		b.WriteString(text)
		return err
	case []any:
		b.WriteByte('[')
		for _, item := range v {
			if err := writeMember(b, item); err != nil {
				return err
			}
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := writeMember(b, key); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeMember(b, v[key]); err != nil {
				return err
			}
			b.WriteByte(',')
		}
		b.WriteByte('}')
	default: // a string, true, false or null
		text, err := json.Marshal(v)
		b.Write(text)
		return err
	}
	return nil
}

// plainNumber returns a JSON number as digits and a power of ten, which is the
// same text for the same value, whatever the precision.
func plainNumber(text string) (string, error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0", nil // a -0 too
	}
	power := new(big.Int)
	if exponent != "" {
		if _, ok := power.SetString(strings.TrimPrefix(exponent, "+"), 10); !ok {
			return "", errors.New("a number with an exponent that is none")
		}
	}
	significant := strings.TrimRight(digits, "0")
	power.Add(power, big.NewInt(int64(len(digits)-len(significant)-len(fraction))))
	sign := ""
	if negative {
		sign = "-"
	}
	return fmt.Sprintf("%s%se%v", sign, significant, power), nil
}

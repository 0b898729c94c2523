package servers

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// parseInspect reads what Node's util.inspect prints of an object whose values
// are numbers or arrays of numbers: { plain: 1, 'any.name': [ 1, 2.5 ] }. A number
// comes back as an array of one. An array that Node shortened is an error.
func parseInspect(text string) (map[string][]float64, error) {
	p := &inspectParser{rest: text}
	table := map[string][]float64{}
	if !p.take("{") {
		return nil, p.want("{")
	}
	for !p.take("}") {
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		if !p.take(":") {
			return nil, p.want(":")
		}
		values, err := p.values()
		if err != nil {
			return nil, err
		}
		table[key] = values
		if !p.take(",") && !strings.HasPrefix(p.trimmed(), "}") {
			return nil, p.want(", or }")
		}
	}
	if p.trimmed() != "" {
		return nil, p.want("the end")
	}
	return table, nil
}

type inspectParser struct{ rest string }

func (p *inspectParser) trimmed() string {
	p.rest = strings.TrimLeft(p.rest, " \n")
	return p.rest
}

func (p *inspectParser) take(token string) bool {
	rest, ok := strings.CutPrefix(p.trimmed(), token)
	p.rest = rest
	return ok
}

func (p *inspectParser) want(what string) error {
	return fmt.Errorf("want %s at %.40q", what, p.rest)
}

// key reads a name: bare, or in one of the three quotes that Node picks from.
func (p *inspectParser) key() (string, error) {
	text := p.trimmed()
	if text == "" {
		return "", p.want("a name")
	}
	quote := text[0]
	if strings.IndexByte("'\"`", quote) < 0 {
		end := strings.IndexByte(text, ':')
		if end < 0 {
			return "", p.want("a name")
		}
		p.rest = text[end:]
		return text[:end], nil
	}
	var key strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			p.rest = text[i+1:]
			return key.String(), nil
		case c == '\\' && i+1 < len(text) && strings.IndexByte("'\"`\\", text[i+1]) >= 0:
			i++
			key.WriteByte(text[i])
		case c == '\\':
			return "", fmt.Errorf("escape not understood at %.40q", text[i:])
		default:
			key.WriteByte(c)
		}
	}
	return "", p.want("the end of a name")
}

// values reads a number, or an array of them.
func (p *inspectParser) values() ([]float64, error) {
	if !p.take("[") {
		v, err := p.number()
		return []float64{v}, err
	}
	values := []float64{}
	for !p.take("]") {
		if strings.HasPrefix(p.trimmed(), "...") {
			return nil, fmt.Errorf("node left out %.30q", p.rest)
		}
		v, err := p.number()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		if !p.take(",") && !strings.HasPrefix(p.trimmed(), "]") {
			return nil, p.want(", or ]")
		}
	}
	return values, nil
}

func (p *inspectParser) number() (float64, error) {
	text := p.trimmed()
	end := strings.IndexAny(text, " ,\n]}")
	if end < 0 {
		end = len(text)
	}
	p.rest = text[end:]
	switch word := text[:end]; word {
	case "NaN":
		return math.NaN(), nil
	case "Infinity", "-Infinity":
		return math.Inf(len("Infinity") - len(word)), nil
	default:
		return strconv.ParseFloat(word, 64)
	}
}

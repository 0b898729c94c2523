package tune

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The names that Debian and others give to Chromium.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// needBrowser returns a browser. Without one it skips the test and adds a line to
// the file that SHARDSTATS_SKIPPED names, for the summary of .ci/test; with CI=true
// it fails.
func needBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	why := "no browser: install chromium"
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	if file := os.Getenv("SHARDSTATS_SKIPPED"); file != "" {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		_, err = fmt.Fprintf(f, "%s: %s\n", t.Name(), why)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	t.Skip(why)
	return ""
}

// visit is what a browser did with a page.
type visit struct {
	mu       sync.Mutex
	requests []string
	errors   []string
}

// hear notes an event of the browser.
func (v *visit) hear(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		v.requests = append(v.requests, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		v.errors = append(v.errors, fmt.Sprintf("console %s: %v", e.Type, e.Args))
	case *runtime.EventExceptionThrown:
		v.errors = append(v.errors, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		v.errors = append(v.errors, e.Entry.Text)
	}
}

// fetched returns what was asked for besides the page and what it carries itself.
func (v *visit) fetched(page string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var others []string
	for _, r := range v.requests {
		if r != page && !strings.HasPrefix(r, "data:") {
			others = append(others, r)
		}
	}
	return others
}

// found returns the errors.
func (v *visit) found() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.errors)
}

// open starts a browser with an empty profile. It is in a folder of chromedp's own,
// which tries again to remove it: processes of a browser may write there when it has
// ended.
func open(t *testing.T) context.Context {
	t.Helper()
	program := needBrowser(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-domain-reliability", true))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	return ctx
}

// look is what is measured in the page, by a script of ours.
const look = `(() => {
	const box = e => { const r = e.getBoundingClientRect(); return [r.width, r.height, r.right] };
	const plots = [...document.querySelectorAll('.plots svg')];
	const style = getComputedStyle(document.body);
	return {
		Plots: plots.map(box),
		Names: plots.map(p => p.querySelector('title').textContent),
		PlotPaper: getComputedStyle(plots[0].querySelector('rect')).fill,
		PlotInk: getComputedStyle(plots[0].querySelector('text')).fill,
		Advice: [...document.querySelectorAll('.advice')].map(e => e.innerText),
		Overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
		Paper: style.backgroundColor, Ink: style.color,
		Scripts: document.scripts.length, Rows: document.querySelectorAll('tr').length,
		Chosen: document.querySelectorAll('tr.chosen').length,
	};
})()`

type looked struct {
	Plots              [][3]float64
	Names, Advice      []string
	PlotPaper, PlotInk string
	Overflow           float64
	Paper, Ink         string
	Scripts, Rows      int
	Chosen             int
}

const hostile = `<script>alert("x")</script><img src=x onerror=alert(1)>&`

// The report is looked at as its readers do: on a phone and on a wide screen, light
// and dark. SHARDSTATS_SCREENSHOTS names a folder to put pictures into.
func TestTheReportInABrowser(t *testing.T) {
	ctx := open(t)
	f := example()
	// What comes from outside: names of machines, logs and so on.
	f.Machine.Processor, f.Workload.Log, f.Plant, f.Reasons.FlushInterval = hostile, hostile, hostile, "keep the default "+hostile
	path := filepath.Join(t.TempDir(), "tune.html")
	require.NoError(t, f.WriteHTML(path))
	page := (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()

	v := new(visit)
	require.NoError(t, chromedp.Listen(ctx, v.hear), "the browser does not start")
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	seen := map[string]looked{}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{400, 1400} {
			name := fmt.Sprintf("%s-%d", scheme, width)
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			require.NoError(t, err, name)
			require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(page)), name)
			l, err := chromedp.Run(ctx, chromedp.Evaluate[looked](look))
			require.NoError(t, err, name)
			picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			require.NoError(t, err, name)
			if folder := os.Getenv("SHARDSTATS_SCREENSHOTS"); folder != "" {
				require.NoError(t, os.WriteFile(filepath.Join(folder, "tune-"+name+".png"), picture, 0o644))
			}
			seen[name] = l

			assert.Zero(t, l.Overflow, "%s scrolls sideways", name)
			require.Len(t, l.Plots, 6, name)
			for i, plot := range l.Plots {
				assert.Greater(t, plot[0], 300.0, "%s: width of %q", name, l.Names[i])
				assert.Greater(t, plot[1], 150.0, "%s: height of %q", name, l.Names[i])
				assert.LessOrEqual(t, plot[2], float64(width), "%s: right edge of %q", name, l.Names[i])
			}
			require.Len(t, l.Advice, 3, name)
			assert.Equal(t, "shards: use WithShards(4) because …", l.Advice[0])
			assert.Equal(t, "flush interval: keep the default "+hostile, l.Advice[2])
			assert.Zero(t, l.Scripts)
			assert.Equal(t, 3+4+3+2, l.Rows)
			assert.Equal(t, 3, l.Chosen)
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		l := seen[scheme+"-1400"]
		assert.Equal(t, l.Paper, l.PlotPaper, "%s: a plot stands on the paper of the page", scheme)
		assert.Equal(t, l.Ink, l.PlotInk, scheme)
	}
	assert.Equal(t, "rgb(255, 255, 255)", seen["light-1400"].Paper)
	assert.Equal(t, "rgb(13, 17, 23)", seen["dark-1400"].Paper)
	assert.Empty(t, v.fetched(page), "the report needs no other file and no network")
	assert.Empty(t, v.found())
	assert.NotEmpty(t, v.fetched(""), "the page itself was noticed")

	// What would have been found is found: a word on the console.
	_, err = chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](`console.error("noticed")`))
	require.NoError(t, err)
	assert.Len(t, v.found(), 1)
}

func TestThePageIsTheSameForTheSameFigures(t *testing.T) {
	first, err := example().HTML()
	require.NoError(t, err)
	again, err := example().HTML()
	require.NoError(t, err)
	assert.Equal(t, string(first), string(again))
	for _, outside := range []string{"http://", "https://", "src=", "<script", "@import", "url("} {
		text := strings.ReplaceAll(string(first), "http://www.w3.org/2000/svg", "")
		assert.NotContains(t, text, outside)
	}
}

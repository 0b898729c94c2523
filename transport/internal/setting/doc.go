// Package setting has what the Configs of transports share: how their fields are
// checked, all of them before anything is said, how they are read from the environment,
// and how a Config with secrets prints.
//
//	wrong := setting.For("otlp")
//	if c.Histograms > Exponential {
//		wrong.Add("Histograms is %v: want Summary or Exponential", c.Histograms)
//	}
//	wrong.Between("MaxBuckets", &c.MaxBuckets, 160, 524_288, 8192)
//	return c, wrong.Err()
//
// A Config hides its secrets in a copy of itself, and prints that:
//
//	type bare Config // without the method, so that fmt prints its fields
//
//	func (c Config) Format(f fmt.State, _ rune) {
//		setting.Hide(&c.Password)
//		c.Headers = setting.HideValues(c.Headers)
//		setting.Format(f, bare(c))
//	}
package setting

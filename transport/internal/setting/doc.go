// Package setting has what the Configs of transports share: how their fields are
// checked, all of them before anything is said.
//
//	wrong := setting.For("otlp")
//	if c.Histograms > Exponential {
//		wrong.Add("Histograms is %v: want Summary or Exponential", c.Histograms)
//	}
//	wrong.Between("MaxBuckets", &c.MaxBuckets, 160, 524_288, 8192)
//	return c, wrong.Err()
package setting

// Package line has what the encoders of DogStatsD and statsd lines share: numbers,
// texts that cannot forge anything, sample weights as whole numbers, and datagrams
// of whole lines.
//
//	name := line.Reserve(":|@#")
//	var p line.Packer
//	p.Init(1432, conn.write)
//	buf := p.Line()
//	buf = name.Append(buf, series.Name, 200)
//	buf = append(buf, ':')
//	buf = line.AppendFloat(buf, point.Value)
//	err := p.Add(append(buf, "|c"...))
//	…
//	err = p.Flush()
//
// Nothing here allocates once its buffers have grown, but for Clean, which does
// when it has to change a text. Nothing is for concurrent use but [AppendFloat],
// [AppendRate] and the methods of [Reserved].
package line

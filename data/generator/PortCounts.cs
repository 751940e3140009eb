using System.Globalization;
using Portolan.Model;

namespace Portolan.RegistryGenerator;

/// <summary>What publications say of how many hosts have a port open, and judgements where none do (<c>port-counts.txt</c>).</summary>
internal sealed class PortCounts
{
    private readonly Dictionary<string, (double Weight, double Hosts)> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Protocol, int Port), List<(string Source, double Figure)>> _counts = [];
    private readonly Dictionary<(string Protocol, int Port), (string Source, double Share)> _defaults = [];

    /// <summary>Every port that is named.</summary>
    public IEnumerable<(string Protocol, int Port)> Ports => _counts.Keys.Concat(_defaults.Keys).Distinct();

    /// <summary>Reads the file.</summary>
    public static PortCounts Read(string path)
    {
        var counts = new PortCounts();
        foreach (var line in File.ReadLines(path))
        {
            switch (line.Split('\t'))
            {
                case ["source", var id, var weight, var hosts, _]:
                    counts._sources.Add(id, (Number(weight), Number(hosts)));
                    break;
                case ["count", var id, var protocol, var port, var figure]:
                    counts.Add(id, protocol, (int)Number(port), Number(figure));
                    break;
                case ["default", var id, var share, var protocol, var ports, _]:
                    foreach (var port in PortSet.Parse(ports))
                    {
                        counts.AddDefault(id, protocol, port.Value, Number(share));
                    }

                    break;
                case [['#', ..]] or [""]:
                    break;
                default:
                    throw new FormatException($"{path}: {line}");
            }
        }

        return counts;
    }

    /// <summary>
    /// Hosts in 100,000 that have a port open, as far as publications say: the mean of their shares by weight; 0 when none counts it.
    /// </summary>
    public double CountedShare(string protocol, int port)
    {
        if (!_counts.TryGetValue((protocol, port), out var figures))
        {
            return 0;
        }

        var (sum, weights) = (0.0, 0.0);
        foreach (var (source, figure) in figures)
        {
            var (weight, hosts) = _sources[source];
            sum += weight * figure / hosts;
            weights += weight;
        }

        return 100_000 * sum / weights;
    }

    /// <summary>The largest judgement on a port, in hosts of 100,000; 0 for none.</summary>
    public double DefaultShare(string protocol, int port) => _defaults.TryGetValue((protocol, port), out var known) ? known.Share : 0;

    /// <summary>The names of the sources of a port, between them a comma.</summary>
    public string SourcesOf(string protocol, int port)
    {
        var names = _counts.TryGetValue((protocol, port), out var figures) ? figures.ConvertAll(static figure => figure.Source) : [];
        if (_defaults.TryGetValue((protocol, port), out var known) && known.Share > CountedShare(protocol, port))
        {
            names.Add(known.Source);
        }

        return string.Join(", ", names);
    }

    private static double Number(string text) => double.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private void Add(string id, string protocol, int port, double figure)
    {
        if (!_sources.ContainsKey(id))
        {
            throw new FormatException($"no source {id}");
        }

        if (!_counts.TryGetValue((protocol, port), out var figures))
        {
            _counts.Add((protocol, port), figures = []);
        }

        figures.Add((id, figure));
    }

    private void AddDefault(string id, string protocol, int port, double share)
    {
        if (DefaultShare(protocol, port) < share)
        {
            _defaults[(protocol, port)] = (id, share);
        }
    }
}

